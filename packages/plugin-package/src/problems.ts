import { PlatformError } from '@racetrack-platform/errors';

/** Most problems that one message lists. */
const MAX_LISTED = 30;
/** Longest value that a message repeats. */
const MAX_SHOWN_CHARACTERS = 80;

/**
 * Throws all problems of a plugin as one error, one a line.
 *
 * @throws PlatformError always: `PLUGIN_INVALID`.
 */
export function throwProblems(problems: readonly string[], hint: string, cause?: unknown): never {
  const listed = problems.slice(0, MAX_LISTED);
  if (problems.length > listed.length) listed.push(`and ${problems.length - listed.length} more`);
  throw new PlatformError('PLUGIN_INVALID', listed.join('\n'), { hint, cause });
}

/** A text from outside in quotes, shortened, with control characters made visible. */
export function quote(text: string): string {
  return JSON.stringify(
    text.length <= MAX_SHOWN_CHARACTERS ? text : `${text.slice(0, MAX_SHOWN_CHARACTERS)}…`,
  );
}

/** Bytes as people read them; whole mebibytes for limits. */
export function presentBytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${bytes} bytes` : `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`;
}
