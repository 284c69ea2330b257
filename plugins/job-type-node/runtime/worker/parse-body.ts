/** The body is not a JSON object: 422. */
export class BodyError extends Error {}

/** Named arguments from a body; empty and `null` are an object without members, never the documented example. */
export function parseBody(text: string): Record<string, unknown> {
  if (text === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BodyError(
      `invalid request body: malformed JSON: ${error instanceof Error ? error.message : ''}`,
    );
  }
  if (value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new BodyError('invalid request body: a JSON object of named arguments is expected');
}
