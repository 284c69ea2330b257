/** Shorter values would blank out ordinary words, and protect nothing; builds draw the same line. */
const MIN_SECRET_LENGTH = 4;

/**
 * Replaces secrets in a text that leaves the job's own log, such as its last lines in the error of a deployment: a job
 * that dies may print its environment.
 *
 * @param secrets - values; also found line by line, and as they stand in a JSON string.
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const forms = secrets
    .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
    .flatMap((form) => [form.trim(), JSON.stringify(form.trim()).slice(1, -1)])
    .filter((form) => form.length >= MIN_SECRET_LENGTH)
    .sort((a, b) => b.length - a.length);
  return forms.reduce((masked, form) => masked.replaceAll(form, '***'), text);
}
