import type { Budget } from '../limits.ts';
import { Dict, Tuple, type Value } from './value.ts';

/** How many characters, items or entries there are to go over; 0 for what has none. */
export function sizeOf(value: Value | undefined): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof Tuple) return value.items.length;
  return Array.isArray(value) ? value.length : 0;
}

/**
 * Pays for looking up a key, which reads all of it: a tuple with what it holds.
 *
 * @returns about how long its identity in a dictionary is.
 * @throws TemplateFault when nothing is left, or when it nests too deeply.
 */
export function spendKey(key: Value, budget: Budget): number {
  const length =
    key instanceof Tuple
      ? budget.nested(() => key.items.reduce<number>((sum, item) => sum + spendKey(item, budget), 0))
      : 1 + (typeof key === 'bigint' ? key.toString(16).length : sizeOf(key));
  budget.spendLength(length);
  return length;
}
