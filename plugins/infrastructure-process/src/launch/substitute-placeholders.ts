/** What stands for `${source}`, `${environment}`, `${plugin}` and `${socket}` in a run command. */
export interface PlaceholderValues {
  readonly source: string;
  readonly environment: string;
  readonly plugin: string;
  readonly socket: string;
}

/**
 * Puts values in the place of placeholders, once: a value that looks like a placeholder stays as it is, and so does
 * `${anything else}`.
 */
export function substitutePlaceholders(text: string, values: PlaceholderValues): string {
  return text.replace(
    /\$\{(source|environment|plugin|socket)\}/g,
    (_match, name: keyof PlaceholderValues) => values[name],
  );
}
