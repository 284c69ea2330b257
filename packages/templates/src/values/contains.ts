import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import { areEqual } from './compare.ts';
import { findItems } from './iterate.ts';
import { spendKey } from './size.ts';
import { Dict, kindOf, type Value } from './value.ts';

/** Python's `in`: part of a text, key of a dictionary, item of a list. @throws TemplateFault for anything else. */
export function contains(container: Value, wanted: Value, budget: Budget): boolean {
  if (container instanceof Dict) {
    spendKey(wanted, budget);
    return container.has(wanted);
  }
  if (typeof container === 'string') {
    if (typeof wanted !== 'string') {
      throw new TemplateFault(`${kindOf(wanted)} cannot be in a text`, {
        hint: 'Convert it with | string.',
      });
    }
    budget.spendSearch(container, wanted);
    return container.includes(wanted);
  }
  const items = findItems(container, budget);
  if (items === undefined) throw new TemplateFault(`${kindOf(container)} has no items to look through`);
  return items.some((item) => areEqual(item, wanted, budget));
}
