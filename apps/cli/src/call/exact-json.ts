/** `JSON.rawJSON` and the reviver's context (ECMA-262, "JSON.parse source text access"), not in the types yet. */
interface SourceTextJson {
  rawJSON(text: string): unknown;
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
}

/**
 * Parses JSON and keeps every number as it is written: a job's 64-bit identifier or `1.0` must not change by being
 * shown.
 *
 * @returns undefined when the text is no JSON.
 */
export function parseExactJson(text: string): unknown {
  const json = JSON as unknown as SourceTextJson;
  try {
    return json.parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && String(value) !== source
        ? json.rawJSON(source)
        : value,
    );
  } catch {
    return undefined;
  }
}

/** Renders what {@link parseExactJson} returned. */
export function renderExactJson(value: unknown, indentSpaces: number): string {
  return JSON.stringify(value, null, indentSpaces);
}
