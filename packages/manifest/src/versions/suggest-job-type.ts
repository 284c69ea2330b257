import { suggestWord } from '@racetrack-platform/errors';

/**
 * Finds the job type whose name an author probably meant.
 *
 * @param requested - `name:version`, as in the manifest.
 * @param available - names, or `name:version`, of what there is.
 * @returns a name; undefined when none is near, or when the name is right and only the version is not.
 */
export function suggestJobType(requested: string, available: readonly string[]): string | undefined {
  const names = available.map(nameOf);
  const written = nameOf(requested);
  return names.includes(written) ? undefined : suggestWord(written, names);
}

function nameOf(reference: string): string {
  return reference.split(':', 1)[0] ?? reference;
}
