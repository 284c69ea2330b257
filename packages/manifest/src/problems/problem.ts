import { PlatformError, type ErrorCode } from '@racetrack-platform/errors';

/** A path into a manifest: keys, and numbers for items of lists. */
export type FieldPath = readonly (string | number)[];

/** Where something was written. */
export interface Place {
  /** A file, or what else people know it by. */
  readonly source: string;
  /** Counted from 1; `undefined` when not known. */
  readonly line: number | undefined;
}

/** One thing that is wrong or doubtful. */
export interface Problem {
  readonly place: Place;
  /** Empty when it is about the whole file. */
  readonly field: FieldPath;
  /** What is wrong and what would be right; reads after the field's name. */
  readonly text: string;
}

/** Most problems that one message lists. */
const MAX_LISTED = 30;
/** Longest value that a message repeats. */
const MAX_SHOWN_CHARACTERS = 60;

/** Presents a problem as `job.yaml:3: resources.memory_max: …`. */
export function presentProblem({ place, field, text }: Problem): string {
  const where = place.line === undefined ? place.source : `${place.source}:${place.line}`;
  return field.length === 0 ? `${where}: ${text}` : `${where}: ${presentField(field)}: ${text}`;
}

/** A field as people write it, such as `git.remote` or `system_dependencies[0]`. */
export function presentField(field: FieldPath): string {
  return field
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      const name = /^[\w.-]+$/.test(part) ? shorten(part) : quote(part);
      return index === 0 ? name : `.${name}`;
    })
    .join('');
}

/** A text in quotes, shortened, with control characters made visible. */
export function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

/**
 * Throws all problems as one error, in the order of the files and lines.
 *
 * @throws PlatformError always.
 */
export function throwProblems(code: ErrorCode, problems: readonly Problem[], hint: string): never {
  const lines = problems.toSorted(byPlace).map(presentProblem);
  const listed = lines.slice(0, MAX_LISTED);
  if (lines.length > listed.length) listed.push(`and ${lines.length - listed.length} more`);
  throw new PlatformError(code, listed.join('\n'), { hint });
}

function byPlace(a: Problem, b: Problem): number {
  if (a.place.source !== b.place.source) return a.place.source < b.place.source ? -1 : 1;
  return (a.place.line ?? 0) - (b.place.line ?? 0);
}

function shorten(text: string): string {
  return text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`;
}
