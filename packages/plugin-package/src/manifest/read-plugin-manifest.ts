import { messageOf, PlatformError, suggestWord } from '@racetrack-platform/errors';
import { dumpManifestYaml, readManifestYaml, type ReadManifest } from '@racetrack-platform/manifest';
import type { z } from 'zod';
import { quote, throwProblems } from '../problems.ts';
import { EXPECTATIONS, pluginManifestSchema, type PluginManifest } from './plugin-manifest.ts';

/** Many times what the longest manifest of a plugin needs. */
const MAX_CHARACTERS = 64 * 1024;
const CATEGORIES = ['job-type', 'infrastructure', 'core'];
const COMPONENTS = ['lifecycle', 'image-builder'];
const FIELDS = Object.keys(EXPECTATIONS);

/** What became of a manifest's text: every problem at once. */
export interface CheckedManifest {
  /** `undefined` when there are problems. */
  readonly manifest: PluginManifest | undefined;
  /** Sentences with file and line. */
  readonly problems: readonly string[];
  /** Doubts that stop nothing. */
  readonly warnings: readonly string[];
}

export const MANIFEST_HINT =
  'Correct these lines; docs/reference/plugin-package.md explains every field of a plugin manifest.';

/**
 * Reads the text of a `plugin-manifest.yaml`: YAML 1.1 as Racetrack 2.36 reads it, unknown and doubled fields refused.
 * Never throws for what is in the text.
 *
 * @param source - the file as the reader knows it, shown in messages.
 */
export function checkPluginManifest(text: string, source: string): CheckedManifest {
  if (text.length > MAX_CHARACTERS) {
    const problem = `${source}: is larger than ${MAX_CHARACTERS} characters; a manifest holds settings, no data`;
    return { manifest: undefined, problems: [problem], warnings: [] };
  }
  let read: ReadManifest;
  try {
    read = readManifestYaml(text, { source, strict: true });
  } catch (error) {
    if (!PlatformError.is(error)) throw error;
    return { manifest: undefined, problems: messageOf(error).split('\n'), warnings: [] };
  }
  const result = pluginManifestSchema.safeParse(read.data);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => presentIssue(issue, read, source));
    return { manifest: undefined, problems: [...new Set(problems)], warnings: [] };
  }
  const manifest = { ...result.data, url: keepPage(result.data.url) };
  return { manifest, problems: [], warnings: findDoubts(result.data, source) };
}

/**
 * Reads a manifest that has to be right.
 *
 * @throws PlatformError `PLUGIN_INVALID`, listing every problem.
 */
export function readPluginManifest(text: string, source: string): PluginManifest {
  const { manifest, problems } = checkPluginManifest(text, source);
  return manifest ?? throwProblems(problems, MANIFEST_HINT);
}

/** Writes a manifest as the original's bundler does: keys sorted, fields without a value left out. */
export function renderPluginManifest(manifest: PluginManifest): string {
  return dumpManifestYaml(manifest, { sortKeys: true });
}

function presentIssue(issue: z.core.$ZodIssue, read: ReadManifest, source: string): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${placeOf(key, read, source)}: ${explainUnknown(key)}`);
  }
  const field = String(issue.path[0] ?? '') as keyof PluginManifest;
  const { noun, advice } = EXPECTATIONS[field];
  const place = placeOf(field, read, source);
  if (!read.has([field])) return [`${place}: is missing; ${advice}`];
  return [`${place}: ${presentValue(read, issue.path)} is not ${noun}; ${advice}`];
}

function placeOf(field: string, { locate }: ReadManifest, source: string): string {
  const line = locate([field]);
  return `${line === undefined ? source : `${source}:${line}`}: ${/^[\w-]{1,80}$/.test(field) ? field : quote(field)}`;
}

function presentValue(read: ReadManifest, path: readonly PropertyKey[]): string {
  const field = path.map((part) => (typeof part === 'number' ? part : String(part)));
  const written = read.textOf(field);
  if (written === undefined) return 'a list or mapping';
  const value: unknown = field.reduce<unknown>(
    (container, part) => Reflect.get(container as object, part),
    read.data,
  );
  if (value === null) return 'nothing';
  return typeof value === 'string' ? quote(written) : `${written.slice(0, 60)} (a ${typeof value})`;
}

function explainUnknown(key: string): string {
  const meant = suggestWord(key, FIELDS);
  return `is no field of a plugin manifest; ${meant === undefined ? `known are ${FIELDS.join(', ')}` : `did you mean ${meant}?`}`;
}

/** It becomes a link that people click on; the original takes any text. */
function keepPage(url: string | null): string | null {
  return url !== null && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null;
}

function findDoubts({ url, category, components }: PluginManifest, source: string): string[] {
  const doubts: string[] = [];
  if (url !== null && keepPage(url) === null) {
    doubts.push(`${source}: url: ${quote(url)} is not an address that begins with https://; it is left out`);
  }
  if (category !== null && !CATEGORIES.includes(category)) {
    doubts.push(`${source}: category: ${quote(category)} is none of ${CATEGORIES.join(', ')}`);
  }
  for (const component of components.filter((name) => !COMPONENTS.includes(name))) {
    doubts.push(
      `${source}: components: nothing here is called ${quote(component)}; known are ${COMPONENTS.join(' and ')}`,
    );
  }
  return doubts;
}
