import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import { spendKey } from './size.ts';
import { Dict, Tuple, kindOf, Undefined, type Value } from './value.ts';

/** Python's `==`: `1`, `1.0` and `true` are equal, a list and a tuple never. */
export function areEqual(a: Value, b: Value, budget: Budget): boolean {
  budget.spend(1);
  if (typeof a === 'string' && typeof b === 'string' && a.length === b.length) budget.spendReading(a.length);
  if (a === b) return true;
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b) === 0;
  if (a instanceof Undefined && b instanceof Undefined) return true;
  if (Array.isArray(a) && Array.isArray(b)) return areItemsEqual(a, b, budget);
  if (a instanceof Tuple && b instanceof Tuple) return areItemsEqual(a.items, b.items, budget);
  if (!(a instanceof Dict && b instanceof Dict) || a.size !== b.size) return false;
  return budget.nested(() =>
    a.entries().every(([key, value]) => {
      spendKey(key, budget);
      const other = b.get(key);
      return other !== undefined && areEqual(value, other, budget);
    }),
  );
}

function areItemsEqual(a: readonly Value[], b: readonly Value[], budget: Budget): boolean {
  if (a.length !== b.length) return false;
  return budget.nested(() => a.every((item, index) => areEqual(item, b[index] ?? null, budget)));
}

/**
 * Python's order of numbers, texts and lists.
 *
 * @param operator - for the message.
 * @returns negative, zero or positive; `NaN` when a number is none.
 * @throws TemplateFault for values of different kinds.
 */
export function compareValues(a: Value, b: Value, operator: string, budget: Budget): number {
  budget.spend(1);
  for (const value of [a, b]) {
    if (value instanceof Undefined) throw new TemplateFault(value.reason, { hint: value.hint });
  }
  if (isNumeric(a) && isNumeric(b)) return compareNumbers(a, b);
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b, budget);
  if (Array.isArray(a) && Array.isArray(b)) return compareItems(a, b, operator, budget);
  if (a instanceof Tuple && b instanceof Tuple) return compareItems(a.items, b.items, operator, budget);
  throw new TemplateFault(`"${operator}" cannot compare ${kindOf(a)} and ${kindOf(b)}`, {
    hint: 'Convert one of them, with | int or | string.',
  });
}

function compareItems(a: readonly Value[], b: readonly Value[], operator: string, budget: Budget): number {
  return budget.nested(() => {
    for (const [index, item] of a.entries()) {
      const other = b[index];
      if (other === undefined) return 1;
      if (!areEqual(item, other, budget)) return compareValues(item, other, operator, budget);
    }
    return a.length - b.length;
  });
}

/** By code points, as Python; JavaScript's own order is that of UTF-16 units. */
function compareTexts(a: string, b: string, budget: Budget): number {
  const length = Math.min(a.length, b.length);
  let index = 0;
  while (index < length && a[index] === b[index]) index += 1;
  // Most texts differ early: what is paid for is what had to be read.
  budget.spendReading(index);
  if (index === length) return a.length - b.length;
  const start = index > 0 && isHighSurrogate(a.charCodeAt(index - 1)) ? index - 1 : index;
  return (a.codePointAt(start) ?? 0) - (b.codePointAt(start) ?? 0);
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code < 0xdc00;
}

/** `bool` is a number in Python. */
export function isNumeric(value: Value): value is bigint | number | boolean {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean';
}

/** A boolean as the whole number it is in Python. */
export function toNumber(value: bigint | number | boolean): bigint | number {
  return typeof value === 'boolean' ? BigInt(value) : value;
}

/** The whole part of a number. @throws TemplateFault for infinity. */
export function truncate(value: bigint | number | boolean): bigint {
  if (typeof value !== 'number') return BigInt(value);
  if (!Number.isFinite(value)) throw new TemplateFault(`${value} is no whole number`);
  return BigInt(Math.trunc(value));
}

function compareNumbers(a: bigint | number | boolean, b: bigint | number | boolean): number {
  const left = toNumber(a);
  const right = toNumber(b);
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN;
  if (left < right) return -1;
  return left > right ? 1 : 0;
}
