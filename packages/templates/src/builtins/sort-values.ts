import type { Budget } from '../limits.ts';
import { compareValues } from '../values/compare.ts';
import type { Value } from '../values/value.ts';

/**
 * Sorts in Python's order; equal ones keep theirs, also backwards.
 *
 * @param keyOf - what is compared; without it, the item.
 */
export function sortValues(
  items: readonly Value[],
  budget: Budget,
  { keyOf = (item: Value): Value => item, isReversed = false } = {},
): Value[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }));
  const sign = isReversed ? -1 : 1;
  return keyed.toSorted((a, b) => sign * compareValues(a.key, b.key, '<', budget)).map(({ item }) => item);
}
