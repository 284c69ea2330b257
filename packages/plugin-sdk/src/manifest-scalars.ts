/** What YAML 1.1 makes of a word, of a number and of a number in quotes; `'invalid'` for anything else. */
export type ParsedScalar<Value> = Value | undefined | 'invalid';

/** A switch: a boolean, or `true` or `false` in quotes. */
export function parseFlag(value: unknown): ParsedScalar<boolean> {
  if (value === null || value === '') return undefined;
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'string' || !/^(?:true|false)$/i.test(value)) return 'invalid';
  return value.toLowerCase() === 'true';
}

/** A count from 0 up, in quotes or not. */
export function parseLimit(value: unknown): ParsedScalar<number> {
  if (value === null || value === '') return undefined;
  const isText = typeof value === 'string' && /^\d{1,9}$/.test(value.trim());
  const count = isText ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : 'invalid';
}

/** A time in seconds from 0 up, fractions allowed, in quotes or not. */
export function parseSeconds(value: unknown): ParsedScalar<number> {
  if (value === null || value === '') return undefined;
  const isText = typeof value === 'string' && /^\d{1,9}(?:\.\d{1,6})?$/.test(value.trim());
  const seconds = isText ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds >= 0 ? seconds : 'invalid';
}
