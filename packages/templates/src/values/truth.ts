import { Dict, Tuple, Undefined, type Value } from './value.ts';

/** Whether a value counts as true in a condition, as in Python: empty texts, lists and dictionaries do not. */
export function isTrue(value: Value): boolean {
  if (value instanceof Undefined) return false;
  if (value instanceof Dict) return value.size > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' ? value !== null : Boolean(value);
}
