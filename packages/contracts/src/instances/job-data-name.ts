/**
 * Name of the directory that the data of a job family lies in, inside `job-data`: lower-case letters, digits, `-` and
 * `_` as they are, every other byte as `~` and two digits. So no two families share one, also where a file system takes
 * upper case for lower, and no name leaves the folder.
 *
 * @param jobName - as in the manifest.
 * @returns `adder` for `adder`, `~41dder` for `Adder`.
 */
export function nameJobData(jobName: string): string {
  return Array.from(new TextEncoder().encode(jobName), (byte) => {
    const character = String.fromCharCode(byte);
    return /[a-z0-9_-]/.test(character) ? character : `~${byte.toString(16).padStart(2, '0')}`;
  }).join('');
}
