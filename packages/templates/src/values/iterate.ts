import { charactersOf } from './characters.ts';
import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import { Dict, Tuple, kindOf, Undefined, type Value } from './value.ts';

/** The items that a loop goes over: of a text its characters, of a dictionary its keys; none where it cannot. */
export function findItems(value: Value, budget: Budget): readonly Value[] | undefined {
  if (typeof value === 'string') {
    budget.spendLength(value.length);
    return charactersOf(value);
  }
  if (value instanceof Undefined) return [];
  if (value instanceof Dict) {
    budget.spendLength(value.size);
    return value.keys();
  }
  if (value instanceof Tuple) return value.items;
  return Array.isArray(value) ? value : undefined;
}

/** Like {@link findItems}. @throws TemplateFault where there are none. */
export function getItems(value: Value, budget: Budget): readonly Value[] {
  const items = findItems(value, budget);
  if (items !== undefined) {
    budget.spendLength(items.length);
    return items;
  }
  throw new TemplateFault(`${kindOf(value)} has no items to go over`, {
    hint:
      value === null
        ? 'Write "or []" behind it, for where it is not given.'
        : 'Only lists, dictionaries and texts have.',
  });
}

/** Number of characters or items. @throws TemplateFault for what has none. */
export function lengthOf(value: Value, budget: Budget): number {
  if (typeof value === 'string') return countCharacters(value, budget);
  if (value instanceof Dict) return value.size;
  const items = findItems(value, budget);
  if (items !== undefined) return items.length;
  throw new TemplateFault(`${kindOf(value)} has no length`, {
    hint: value === null ? 'Test first that it is given: "x and x | length > 0".' : undefined,
  });
}

function countCharacters(text: string, budget: Budget): number {
  budget.spendLength(text.length);
  let count = text.length;
  for (let index = 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    const before = text.charCodeAt(index - 1);
    if (code >= 0xdc00 && code < 0xe000 && before >= 0xd800 && before < 0xdc00) count -= 1;
  }
  return count;
}
