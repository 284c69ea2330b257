import { charactersOf } from '../values/characters.ts';
import { TemplateFault } from '../fault.ts';
import { calculate } from '../values/arithmetic.ts';
import { areEqual, compareValues } from '../values/compare.ts';
import { getItems } from '../values/iterate.ts';
import type { Run } from '../values/run.ts';
import { spendKey } from '../values/size.ts';
import { isTrue } from '../values/truth.ts';
import { Dict, Tuple, Undefined, valueOr, type Value } from '../values/value.ts';
import { itemsOf } from './dict-methods.ts';
import { foldCase, makeItemPath } from './item-path.ts';
import { native, softText, textOf, wholeOf, type Given, type Native } from './native.ts';
import { sortValues } from './sort-values.ts';
import * as text from './text.ts';

function flag(value: Value | undefined): boolean {
  return value !== undefined && isTrue(value);
}

/** How texts are brought into the form in which they are compared. */
function folding(caseSensitive: Value | undefined, run: Run): (value: Value) => Value {
  return flag(caseSensitive) ? (value) => value : (value) => foldCase(value, run);
}

function join(self: Value, [separator = '', attribute]: Given, run: Run): Value {
  const path = makeItemPath(attribute, run);
  const items = getItems(self, run.budget).map((item) => softText(path(item), run));
  return text.join(items, softText(separator, run), run.budget);
}

function first(self: Value, _given: Given, run: Run): Value {
  return valueOr(getItems(self, run.budget)[0], new Undefined('the list is empty, so it has no first item'));
}

function last(self: Value, _given: Given, run: Run): Value {
  return valueOr(
    getItems(self, run.budget).at(-1),
    new Undefined('the list is empty, so it has no last item'),
  );
}

function reverse(self: Value, _given: Given, run: Run): Value {
  if (typeof self === 'string') return charactersOf(self).toReversed().join('');
  return getItems(self, run.budget).toReversed();
}

function sort(self: Value, [isReversed, caseSensitive, attribute]: Given, run: Run): Value {
  const fold = folding(caseSensitive, run);
  const names = typeof attribute === 'string' ? attribute.split(',') : [attribute];
  const paths = names.map((name) => makeItemPath(name, run));
  return sortValues(getItems(self, run.budget), run.budget, {
    keyOf: (item) => paths.map((path) => fold(path(item))),
    isReversed: flag(isReversed),
  });
}

function dictSort(self: Value, [caseSensitive, by, isReversed]: Given, run: Run): Value {
  if (!(self instanceof Dict)) throw new TemplateFault('dictsort needs a dictionary');
  const side = by === undefined ? 'key' : textOf(by, 'what is sorted by');
  if (side !== 'key' && side !== 'value') throw new TemplateFault('dictsort sorts by "key" or "value"');
  const fold = folding(caseSensitive, run);
  run.budget.spendLength(self.size);
  const entries = sortValues(self.entries(), run.budget, {
    keyOf: (entry) => fold((Array.isArray(entry) ? entry[side === 'key' ? 0 : 1] : undefined) ?? null),
    isReversed: flag(isReversed),
  });
  return entries.map((entry) => new Tuple(Array.isArray(entry) ? entry : []));
}

function unique(self: Value, [caseSensitive, attribute]: Given, run: Run): Value {
  const fold = folding(caseSensitive, run);
  const path = makeItemPath(attribute, run);
  const seen = new Dict();
  return getItems(self, run.budget).filter((item) => {
    const key = fold(path(item));
    spendKey(key, run.budget);
    const isNew = !seen.has(key);
    if (isNew && !seen.set(key, null)) throw new TemplateFault('unique needs texts or numbers');
    return isNew;
  });
}

function extreme(sign: 1 | -1): Native {
  return native(['case_sensitive', 'attribute'], (self, [caseSensitive, attribute], run) => {
    const fold = folding(caseSensitive, run);
    const path = makeItemPath(attribute, run);
    const [head, ...rest] = getItems(self, run.budget).map((item) => ({ item, key: fold(path(item)) }));
    if (head === undefined) return new Undefined('the list is empty');
    return rest.reduce(
      (best, one) => (compareValues(one.key, best.key, '<', run.budget) * sign < 0 ? one : best),
      head,
    ).item;
  });
}

function sum(self: Value, [attribute, start = 0n]: Given, run: Run): Value {
  const path = makeItemPath(attribute, run);
  return getItems(self, run.budget).reduce<Value>(
    (total, item) => calculate('+', total, path(item), run.budget),
    start,
  );
}

function batch(self: Value, [size, fill]: Given, run: Run): Value {
  const count = wholeOf(size, 0, 'the size');
  if (count < 1) throw new TemplateFault('a batch has at least one item');
  const items = getItems(self, run.budget);
  const rows: Value[][] = [];
  for (let at = 0; at < items.length; at += count) rows.push(items.slice(at, at + count));
  const shortest = rows.at(-1);
  if (fill !== undefined && fill !== null && shortest !== undefined) {
    run.budget.spendLength(count);
    while (shortest.length < count) shortest.push(fill);
  }
  return rows;
}

function slice(self: Value, [slices, fill]: Given, run: Run): Value {
  const count = wholeOf(slices, 0, 'the number of slices');
  if (count < 1) throw new TemplateFault('there is at least one slice');
  run.budget.spendLength(count);
  const items = getItems(self, run.budget);
  const longer = items.length % count;
  const size = Math.floor(items.length / count);
  let at = 0;
  return Array.from({ length: count }, (_, index) => {
    const end = at + size + (index < longer ? 1 : 0);
    const part = items.slice(at, end);
    at = end;
    return fill === undefined || fill === null || longer === 0 || index < longer ? part : [...part, fill];
  });
}

function groupBy(self: Value, [attribute, fallback, caseSensitive]: Given, run: Run): Value {
  const fold = folding(caseSensitive, run);
  const path = makeItemPath(attribute, run, fallback);
  const keyOf = (item: Value): Value => fold(path(item));
  const groups: { key: Value; grouper: Value; items: Value[] }[] = [];
  for (const item of sortValues(getItems(self, run.budget), run.budget, { keyOf })) {
    const key = keyOf(item);
    const group = groups.at(-1);
    if (group !== undefined && areEqual(group.key, key, run.budget)) group.items.push(item);
    else groups.push({ key, grouper: path(item), items: [item] });
  }
  return groups.map(({ grouper, items }) => new Tuple([grouper, items], ['grouper', 'list']));
}

function items(self: Value): Value {
  if (self instanceof Undefined) return [];
  if (self instanceof Dict) return itemsOf(self);
  throw new TemplateFault('items needs a dictionary');
}

/** Filters of lists. Those that Python answers lazily are lists too. */
export const LIST_FILTERS: ReadonlyMap<string, Native> = new Map([
  ['join', native(['d', 'attribute'], join)],
  ['first', native([], first)],
  ['last', native([], last)],
  ['list', native([], (self, _given, run) => [...getItems(self, run.budget)])],
  ['reverse', native([], reverse)],
  ['sort', native(['reverse', 'case_sensitive', 'attribute'], sort)],
  ['dictsort', native(['case_sensitive', 'by', 'reverse'], dictSort)],
  ['unique', native(['case_sensitive', 'attribute'], unique)],
  ['min', extreme(1)],
  ['max', extreme(-1)],
  ['sum', native(['attribute', 'start'], sum)],
  ['batch', native(['linecount', 'fill_with'], batch)],
  ['slice', native(['slices', 'fill_with'], slice)],
  ['groupby', native(['attribute', 'default', 'case_sensitive'], groupBy)],
  ['items', native([], items)],
]);
