import type { Run } from '../values/run.ts';
import { Undefined, type Value } from '../values/value.ts';
import { getItem } from './attributes.ts';
import { softText } from './native.ts';

/**
 * How `attribute=` finds its value in an item: `'team.name'` step by step, a number as a place.
 *
 * @param attribute - `undefined` or null for the item itself.
 * @param fallback - instead of what is not there.
 */
export function makeItemPath(
  attribute: Value | undefined,
  run: Run,
  fallback?: Value,
): (item: Value) => Value {
  if (attribute === undefined || attribute === null) return (item) => item;
  const steps: Value[] =
    typeof attribute === 'bigint'
      ? [attribute]
      : softText(attribute, run)
          .split('.')
          .map((step) => (/^\d{1,15}$/.test(step) ? BigInt(step) : step));
  return (item) => {
    let value = item;
    for (const step of steps) {
      value = getItem(value, step, run);
      if (value instanceof Undefined && fallback !== undefined) return fallback;
    }
    return value;
  };
}

/** Texts in lower case, everything else as it is: how filters compare unless they are told otherwise. */
export function foldCase(value: Value, { budget }: Run): Value {
  if (typeof value !== 'string') return value;
  budget.spendReading(value.length);
  return value.toLowerCase();
}
