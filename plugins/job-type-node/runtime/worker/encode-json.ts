/** Deeper results are looked at with care for cycles. */
const CAREFUL_DEPTH = 100;

/** A result that JSON cannot say: 500. */
export class UnencodableError extends Error {
  override name = 'UnencodableError';
}

/**
 * Writes a result as JSON. Beyond what JSON knows: dates, `Map` (an object), `Set` and typed arrays (arrays), `BigInt` as
 * long as a number can hold it; `undefined` is `null`, and left out of objects.
 *
 * @throws UnencodableError naming the place of what cannot be written.
 */
export function encodeJson(value: unknown): string {
  if (value === undefined) return 'null';
  return JSON.stringify(isPlain(value, 0) ? value : convert(value, '$', []));
}

/** The bytes of a binary result, which is the job's own and may change. @throws TypeError for those that are no longer there. */
export function copyBytes(source: Uint8Array | ArrayBuffer): Uint8Array {
  return new Uint8Array(source instanceof ArrayBuffer ? ArrayBuffer.prototype.slice.call(source, 0) : source);
}

/** Whether `JSON.stringify` says all of it as it is. */
function isPlain(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return value === null || (depth < CAREFUL_DEPTH && isPlainObject(value, depth + 1));
    default:
      return false;
  }
}

function isPlainObject(value: object, depth: number): boolean {
  if (Array.isArray(value)) {
    for (const item of value) if (!isPlain(item, depth)) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if ('toJSON' in value) return false;
  for (const item of Object.values(value)) if (item !== undefined && !isPlain(item, depth)) return false;
  return true;
}

function convert(value: unknown, path: string, above: readonly object[]): unknown {
  switch (typeof value) {
    case 'number':
      if (Number.isFinite(value)) return value;
      throw refuse(path, String(value));
    case 'bigint':
      if (Number.isSafeInteger(Number(value))) return Number(value);
      throw refuse(path, 'a BigInt that is too large for a number; return it as a string');
    case 'function':
      throw refuse(path, 'a function');
    case 'symbol':
      throw refuse(path, 'a symbol');
    case 'object':
      return value === null ? null : convertObject(value, path, above);
    default:
      return value ?? null;
  }
}

function convertObject(value: object, path: string, above: readonly object[]): unknown {
  if (above.includes(value)) throw refuse(path, 'a cycle');
  const inside = [...above, value];
  const list = (items: Iterable<unknown>): unknown[] =>
    Array.from(items, (item, index) => convert(item, `${path}[${index}]`, inside));
  if ('toJSON' in value && typeof value.toJSON === 'function' && !Buffer.isBuffer(value)) {
    if (value instanceof Date && Number.isNaN(value.getTime())) throw refuse(path, 'an invalid date');
    return convert(value.toJSON(), path, inside);
  }
  if (Array.isArray(value) || value instanceof Set) return list(value);
  if (ArrayBuffer.isView(value)) {
    return value instanceof DataView
      ? list(new Uint8Array(value.buffer))
      : list(value as unknown as Iterable<unknown>);
  }
  if (value instanceof Promise) throw refuse(path, 'a promise; await it');
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const result: Record<string, unknown> = {};
  for (const [key, item] of entries) {
    if (item === undefined) continue;
    const name = String(key);
    const converted = convert(item, `${path}.${name}`, inside);
    Object.defineProperty(result, name, { value: converted, enumerable: true, configurable: true });
  }
  return result;
}

function refuse(path: string, what: string): UnencodableError {
  return new UnencodableError(`the result cannot be written as JSON: ${path} is ${what}`);
}
