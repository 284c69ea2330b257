import { throwProblems, type FieldPath } from '../problems/problem.ts';
import { validateManifest, type ParsedManifest } from './validate-manifest.ts';

export interface ParseManifestOptions {
  /** Where the data comes from, shown in messages: a path, or words such as `the submitted manifest`. */
  readonly source: string;
  /** Finds the line of a field, as the one of `readManifestYaml`. */
  readonly locate?: ((path: FieldPath) => number | undefined) | undefined;
  /** Finds a value as written, as the one of `readManifestYaml`. */
  readonly textOf?: ((path: FieldPath) => string | undefined) | undefined;
}

/**
 * Turns untrusted data into a manifest with defaults filled in.
 *
 * `extends` is taken as already followed: what it names is not read here.
 *
 * @param data - a parsed YAML document or JSON body, of any shape.
 * @throws PlatformError `MANIFEST_INVALID`, listing every problem at once.
 */
export function parseManifest(data: unknown, options: ParseManifestOptions): ParsedManifest {
  const { source, locate, textOf } = options;
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    const problem = { place: { source, line: undefined }, field: [], text: 'is not a mapping of fields' };
    return throwProblems(
      'MANIFEST_INVALID',
      [problem],
      'Send the fields of a manifest, such as name and git.',
    );
  }
  return validateManifest(data as Record<string, unknown>, {
    placeOf: (field) => ({ source, line: locate?.(field) }),
    textOf: (field) => textOf?.(field),
  });
}
