/** Values of the placeholders that build steps may use: absolute paths. */
export interface Placeholders {
  /** The source with the submitted manifest in it. */
  readonly source: string;
  readonly environment: string;
  /** Folder of the job type's plugin. */
  readonly plugin: string;
  /** A directory that survives builds, for downloads. */
  readonly cache: string;
}

const PLACEHOLDER = /\$\{(source|environment|plugin|cache)\}/g;

/**
 * Puts paths in the place of `${source}`, `${environment}`, `${plugin}` and `${cache}`.
 *
 * Anything else between `${` and `}` stays as it is, and values are not looked at again.
 *
 * @param text - one argument, directory or variable of a step.
 */
export function substitutePlaceholders(text: string, placeholders: Placeholders): string {
  return text.replace(PLACEHOLDER, (_all, name: keyof Placeholders) => placeholders[name]);
}
