import { PlatformError } from '@racetrack-platform/errors';
import { quote, throwProblems, type FieldPath } from '../problems/problem.ts';
import { validateManifest, type Origin, type ParsedManifest } from '../schema/validate-manifest.ts';
import { readManifestYaml, type ReadManifest } from '../yaml/read-manifest-yaml.ts';
import { applyExtraVar, parseExtraVar, type ExtraVar } from './extra-vars.ts';
import { directoryOf, joinPath, locateManifest, type ManifestFiles } from './locate-manifest.ts';
import { mergeManifests } from './merge-manifests.ts';

export interface LoadManifestOptions {
  /** `KEY=VALUE` arguments, in order; the last one of a key counts. */
  readonly extraVars?: readonly string[] | undefined;
  /** Refuses doubled keys instead of warning. @defaultValue false */
  readonly strict?: boolean | undefined;
}

/** A manifest read from files, with base and overrides applied. */
export interface LoadedManifest extends ParsedManifest {
  /** What is sent to a server: as written, without `extends` and without defaults. */
  readonly submitted: Record<string, unknown>;
  /** The file that was read, which may lie in the directory that was asked for. */
  readonly path: string;
}

/** One file with its place in the world. */
interface Layer {
  readonly path: string;
  readonly read: ReadManifest;
  readonly warnings: readonly string[];
}

/**
 * Loads the manifest at a path: reads it, lays it over its base, applies the overrides, holds it against all rules.
 *
 * @param files - how files are read; `extends` may lead it anywhere by `..`, but never to an absolute path.
 * @param path - a manifest, or a directory that has one.
 * @throws PlatformError `MANIFEST_NOT_FOUND`, `MANIFEST_INVALID` with every problem at once, or `USAGE` for a
 *   wrong override.
 */
export async function loadManifest(
  files: ManifestFiles,
  path: string,
  options: LoadManifestOptions = {},
): Promise<LoadedManifest> {
  const extraVars = (options.extraVars ?? []).map(parseExtraVar);
  const overlay = await readLayer(files, path, options.strict);
  const base = await readBase(files, overlay, options.strict);
  const merged = mergeManifests(base?.read.data ?? {}, overlay.read.data);
  const { extends: _followed, ...submitted } = structuredClone(merged);
  for (const extraVar of extraVars) applyExtraVar(submitted, extraVar);
  const layers = base === undefined ? [overlay] : [overlay, base];
  const { manifest, warnings } = validateManifest(submitted, describeOrigin(layers, extraVars));
  return {
    manifest,
    submitted,
    path: overlay.path,
    warnings: [...layers.flatMap((layer) => layer.warnings), ...warnings],
  };
}

async function readLayer(files: ManifestFiles, path: string, strict: boolean | undefined): Promise<Layer> {
  const located = await locateManifest(files, path);
  const read = readManifestYaml(located.text, { source: located.path, strict });
  return { path: located.path, read, warnings: [...located.warnings, ...read.warnings] };
}

async function readBase(
  files: ManifestFiles,
  overlay: Layer,
  strict: boolean | undefined,
): Promise<Layer | undefined> {
  const basePath = overlay.read.data['extends'];
  if (basePath === undefined || basePath === null || basePath === '') return undefined;
  if (typeof basePath !== 'string' || !isRelativePath(basePath)) {
    const shown = typeof basePath === 'string' ? quote(basePath) : 'this';
    refuseExtends(
      overlay,
      `${shown} is not a relative path; write one with "/", such as base.yaml or ../base.yaml`,
    );
  }
  const path = joinPath(directoryOf(overlay.path), basePath);
  const base = await readLayer(files, path, strict).catch((thrown: unknown) => {
    if (PlatformError.is(thrown) && thrown.code === 'MANIFEST_NOT_FOUND') {
      refuseExtends(overlay, `there is no file ${quote(path)}; paths are relative to this file`);
    }
    throw thrown;
  });
  const { extends: further } = base.read.data;
  if (further !== undefined && further !== null && further !== '') {
    refuseExtends(base, 'a base manifest cannot have a base of its own; move the fields into one file');
  }
  return base;
}

function refuseExtends({ path, read }: Layer, text: string): never {
  const place = { source: path, line: read.locate(['extends']) };
  throwProblems(
    'MANIFEST_INVALID',
    [{ place, field: ['extends'], text }],
    'See extends in docs/reference/manifest.md.',
  );
}

/** Neither absolute, nor with a drive letter or scheme, nor with the separators of another system. */
function isRelativePath(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- finding them is the point
  return !/^[/~]|^[A-Za-z][A-Za-z0-9+.-]*:|[\\\u0000-\u001f\u007f]/.test(path);
}

/** Finds the file that a field was written in: overrides first, then the overlay, then the base. */
function describeOrigin(layers: readonly Layer[], extraVars: readonly ExtraVar[]): Origin {
  function findExtraVar(field: FieldPath): ExtraVar | undefined {
    const isWithin = (inner: FieldPath, outer: FieldPath) =>
      outer.every((part, index) => String(part) === String(inner[index]));
    return (
      extraVars.findLast(({ path }) => isWithin(field, path)) ??
      extraVars.findLast(({ path }) => field.length > 1 && isWithin(path, field))
    );
  }
  function findLayer(field: FieldPath): Layer | undefined {
    return layers.find(({ read }) => read.has(field));
  }
  return {
    placeOf(field) {
      const extraVar = findExtraVar(field);
      if (extraVar !== undefined) return { source: `extra var ${extraVar.key}`, line: undefined };
      for (let length = field.length; length > 0; length -= 1) {
        const layer = findLayer(field.slice(0, length));
        if (layer !== undefined) return { source: layer.path, line: layer.read.locate(field) };
      }
      return { source: layers[0]?.path ?? '', line: undefined };
    },
    textOf: (field) => (findExtraVar(field) === undefined ? findLayer(field)?.read.textOf(field) : undefined),
  };
}
