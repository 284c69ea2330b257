import { basename } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import {
  isInsideSource,
  parseWrapperOptions,
  WRAPPER_OPTION_FIELDS,
  type ParsedScalar,
  type WrapperOptions,
} from '@racetrack-platform/plugin-sdk';

const KNOWN_FIELDS: ReadonlySet<string> = new Set([
  ...WRAPPER_OPTION_FIELDS,
  'cargo_manifest_path',
  'cargo_lock_path',
  'rust_version',
]);

/** A crate of the author's own. */
export interface OwnCrate {
  /** Its `Cargo.toml`. */
  readonly manifestPath: string;
  /** Its `Cargo.lock`, or that of its workspace; `undefined`: newest fitting crates. */
  readonly lockPath: string | undefined;
}

/** `jobtype_extra` of a Rust job, checked. */
export interface RustExtension {
  /** `undefined`: a folder with `mod.rs`. */
  readonly crate: OwnCrate | undefined;
  readonly wrapper: WrapperOptions;
  /** For the author, about fields that do nothing. */
  readonly warnings: readonly string[];
}

/**
 * Checks the fields of `jobtype_extra` that Rust jobs know.
 *
 * @param extra - of any content; unknown fields become warnings.
 * @throws PlatformError `MANIFEST_INVALID`, listing every problem at once.
 */
export function parseExtension(extra: Readonly<Record<string, unknown>>): RustExtension {
  const { options, problems: wrapperProblems, warnings } = parseWrapperOptions(extra);
  const problems = [...wrapperProblems];
  const readPath = (field: string, name: string): string | undefined => {
    const path = parsePath(extra[field] ?? null, name);
    if (path !== 'invalid') return path;
    problems.push(`jobtype_extra.${field}: must be the relative path of a file ${name}, without "$"`);
    return undefined;
  };
  const manifestPath = readPath('cargo_manifest_path', 'Cargo.toml');
  const lockPath = readPath('cargo_lock_path', 'Cargo.lock');
  if (lockPath !== undefined && (extra['cargo_manifest_path'] ?? '') === '') {
    problems.push('jobtype_extra.cargo_lock_path: needs cargo_manifest_path as well');
  }
  if (!isVersion(extra['rust_version'] ?? null)) {
    problems.push('jobtype_extra.rust_version: must be a version such as "1.90", in quotes');
  }
  if (problems.length > 0) {
    throw new PlatformError('MANIFEST_INVALID', problems.join('; '), {
      hint: 'Correct the fields in job.yaml.',
    });
  }
  return {
    crate: manifestPath === undefined ? undefined : { manifestPath, lockPath },
    wrapper: options,
    warnings: [...listUseless(extra), ...warnings],
  };
}

function parsePath(value: unknown, name: string): ParsedScalar<string> {
  if (value === null || value === '') return undefined;
  const isPath = typeof value === 'string' && isInsideSource(value) && !value.includes('"');
  return isPath && basename(value) === name ? value : 'invalid';
}

function isVersion(value: unknown): boolean {
  if (value === null || value === '') return true;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return /^1(?:\.\d{1,3}(?:\.\d{1,3})?)?$/.test(text);
}

function listUseless(extra: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(extra).flatMap((name) => {
    if (name === 'rust_version') return ['jobtype_extra.rust_version has no effect without containers'];
    return KNOWN_FIELDS.has(name)
      ? []
      : [`jobtype_extra.${name} is not a field of rust jobs and has no effect`];
  });
}
