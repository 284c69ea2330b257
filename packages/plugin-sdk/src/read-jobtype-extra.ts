import type { ManifestData } from './hooks.ts';

/**
 * What a manifest says about its job type, for the hook `validateJobManifest`.
 *
 * @param formerNames - deprecated names of `jobtype_extra` that this job type knows, such as `python`.
 * @returns the first that is a mapping, else an empty one.
 */
export function readJobtypeExtra(
  manifest: ManifestData,
  formerNames: readonly string[] = [],
): Readonly<Record<string, unknown>> {
  return ['jobtype_extra', ...formerNames].map((name) => manifest[name]).find(isMapping) ?? {};
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
