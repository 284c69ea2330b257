/** What YAML 1.1 makes of a word, of a number and of a number in quotes; `'invalid'` for anything else. */
type Parsed<Value> = Value | undefined | 'invalid';

/** A switch: a boolean, or `true` or `false` in quotes. */
export function parseFlag(value: unknown): Parsed<boolean> {
  if (value === null || value === '') return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' || !/^(?:true|false)$/i.test(value)) return 'invalid';
  return value.toLowerCase() === 'true';
}

/** A count from 0 up, in quotes or not. */
export function parseLimit(value: unknown): Parsed<number> {
  if (value === null || value === '') return undefined;
  const isText = typeof value === 'string' && /^\d{1,9}$/.test(value.trim());
  const count = isText ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : 'invalid';
}

/**
 * A version of Python as `3.X`; a patch level is dropped, since any patch of a minor version runs the same code.
 * Without quotes YAML reads 3.10 as the number 3.1, a Python that no one runs: it is taken for 3.10.
 */
export function parsePythonVersion(value: unknown): Parsed<string> {
  if (value === null || value === '') return undefined;
  if (value === 3.1) return '3.10';
  const text = typeof value === 'number' || typeof value === 'string' ? String(value).trim() : '';
  const match = /^(\d{1,2})(?:\.(\d{1,3})(?:\.\d{1,3})?)?$/.exec(text);
  if (match?.[1] === undefined) return 'invalid';
  return match[2] === undefined ? match[1] : `${match[1]}.${match[2]}`;
}
