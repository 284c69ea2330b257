/** The longest name of a job. */
const MAX_LENGTH = 63;

/**
 * Makes a valid name for a job of any text, such as that of its folder: letters, digits, `-` and `_` stay.
 *
 * @returns `job` when nothing of it can stay.
 */
export function toJobName(text: string): string {
  const name = text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+/, '')
    .slice(0, MAX_LENGTH)
    .replace(/[-_]+$/, '');
  return name === '' ? 'job' : name;
}

/** A name that package managers of every language take: lower-case, beginning with a letter. */
export function toPackageName(jobName: string): string {
  const lower = jobName.toLowerCase();
  return /^[a-z]/.test(lower) ? lower : `job-${lower}`;
}
