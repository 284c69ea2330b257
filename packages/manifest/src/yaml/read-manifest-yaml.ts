import { throwProblems, presentProblem, type FieldPath, type Problem } from '../problems/problem.ts';
import { readYaml } from './read-yaml.ts';

/** A manifest as its author wrote it, not validated yet. */
export interface ReadManifest {
  readonly data: Record<string, unknown>;
  /** Sentences for the author, each with file and line. */
  readonly warnings: string[];
  /** The line of a field, counted from 1, or of the nearest one around it; `undefined` when there is none. */
  readonly locate: (path: FieldPath) => number | undefined;
  /** Whether a field was written, with a value or without. */
  readonly has: (path: FieldPath) => boolean;
  /** A value as written, without its quotes: `1.10` where `data` has the number 1.1. */
  readonly textOf: (path: FieldPath) => string | undefined;
}

export interface ReadManifestOptions {
  /** The file's name, shown in messages. */
  readonly source: string;
  /** Refuses doubled keys instead of warning. @defaultValue false */
  readonly strict?: boolean | undefined;
}

/**
 * Reads the text of a manifest as YAML 1.1, as Racetrack 2.36 does: `yes` and `on` are booleans, `010` is 8,
 * `1:30` is 90; dates stay text. Of a doubled key the last one counts.
 *
 * @throws PlatformError `MANIFEST_INVALID`, naming file and line.
 */
export function readManifestYaml(text: string, options: ReadManifestOptions): ReadManifest {
  const { source, strict = false } = options;
  const built = readYaml(text, source);
  const data = built.value;
  if (!isMapping(data)) {
    const problem = { place: { source, line: undefined }, field: [], text: explainTopLevel(data) };
    throwProblems('MANIFEST_INVALID', [problem], 'A minimal manifest is in docs/reference/manifest.md.');
  }
  const doubled = built.duplicates.map(({ line, field, text: what }): Problem => ({
    place: { source, line },
    field,
    text: what,
  }));
  if (strict && doubled.length > 0) {
    throwProblems('MANIFEST_INVALID', doubled, 'Remove one of each pair of doubled keys.');
  }
  return {
    data,
    warnings: doubled.map(presentProblem),
    locate(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const spot = built.findSpot(path.slice(0, length));
        if (spot !== undefined) return spot.line;
      }
      return undefined;
    },
    has: (path) => path.length > 0 && built.findSpot(path) !== undefined,
    textOf: (path) => built.findSpot(path)?.text,
  };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function explainTopLevel(data: unknown): string {
  const right = 'write fields, one a line, such as name: adder';
  if (data === null) return `is empty; ${right}`;
  return `holds ${Array.isArray(data) ? 'a list' : 'a single value'} instead of fields; ${right}`;
}
