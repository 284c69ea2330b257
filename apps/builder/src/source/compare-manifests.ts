import { isDeepStrictEqual } from 'node:util';

/** Values of these fields may be confidential; a warning names them without their content. */
const UNQUOTED = /_env(?:\.|$)/;
const MAX_QUOTED_LENGTH = 60;

/**
 * Names the fields in which two manifests differ, such as `version ("0.0.1" in the repository, "0.0.2" submitted)`.
 *
 * A field that is null counts as absent, and the order of keys does not count.
 *
 * @param repository - the manifest in the repository, as data.
 * @param submitted - the one that is deployed.
 */
export function listManifestDifferences(
  repository: Readonly<Record<string, unknown>>,
  submitted: Readonly<Record<string, unknown>>,
  prefix = '',
): string[] {
  const keys = [...new Set([...Object.keys(repository), ...Object.keys(submitted)])].sort();
  return keys.flatMap((key) => {
    const before = repository[key] ?? undefined;
    const after = submitted[key] ?? undefined;
    if (isDeepStrictEqual(before, after)) return [];
    const path = `${prefix}${key}`;
    if (isMapping(before) && isMapping(after)) return listManifestDifferences(before, after, `${path}.`);
    return [
      UNQUOTED.test(path) ? path : `${path} (${quote(before)} in the repository, ${quote(after)} submitted)`,
    ];
  });
}

function quote(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > MAX_QUOTED_LENGTH ? `${text.slice(0, MAX_QUOTED_LENGTH)}…` : text;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
