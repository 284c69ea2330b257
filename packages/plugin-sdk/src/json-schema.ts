/**
 * A JSON Schema (draft 7, or 2020-12 when `$schema` says so) as plain data, of an object: `{ type: 'object', properties: {…}, required: […] }`. The plugin's
 * own process checks with it; the platform shows it to people. Defaults that it names are not filled in.
 */
export type JsonSchema = Readonly<Record<string, unknown>>;
