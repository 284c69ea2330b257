import { TemplateFault } from '../fault.ts';
import { areEqual } from '../values/compare.ts';
import { getItems } from '../values/iterate.ts';
import type { Run } from '../values/run.ts';
import { Tuple, type Value } from '../values/value.ts';
import { native, wholeOf, type Given, type Native } from './native.ts';
import { sortValues } from './sort-values.ts';

function onList(
  parameters: readonly string[],
  apply: (own: Value[], given: Given, run: Run) => Value,
): Native {
  return native(parameters, (self, given, run) => {
    if (!Array.isArray(self)) throw new TemplateFault('only a list has this method');
    run.budget.spendLength(self.length);
    return apply(self, given, run);
  });
}

function indexIn(items: readonly Value[], wanted: Value, run: Run): number {
  const index = items.findIndex((item) => areEqual(item, wanted, run.budget));
  if (index === -1) throw new TemplateFault('the value is not in the list');
  return index;
}

const count = native(['value'], (self, [wanted = null], run) =>
  BigInt(itemsOf(self).filter((item) => areEqual(item, wanted, run.budget)).length),
);

const index = native(['value'], (self, [wanted = null], run) => BigInt(indexIn(itemsOf(self), wanted, run)));

function itemsOf(self: Value): readonly Value[] {
  return self instanceof Tuple ? self.items : Array.isArray(self) ? self : [];
}

function pop(own: Value[], given: Given): Value {
  const at = wholeOf(given[0], -1, 'the place');
  const removed = own.splice(at < 0 ? at + own.length : at, 1);
  if (removed[0] === undefined || at >= own.length + 1)
    throw new TemplateFault('there is no such place in the list');
  return removed[0];
}

/** Methods of tuples. */
export const TUPLE_METHODS: ReadonlyMap<string, Native> = new Map([
  ['count', count],
  ['index', index],
]);

/** Methods of lists; those that change it answer none, as in Python. */
export const LIST_METHODS: ReadonlyMap<string, Native> = new Map([
  ...TUPLE_METHODS,
  ['append', onList(['object'], (own, [item = null]) => nothing(own.push(item)))],
  [
    'extend',
    onList(['iterable'], (own, [items = null], run) => {
      const added = getItems(items, run.budget);
      run.budget.spendLength(own.length + added.length);
      return nothing(own.splice(own.length, 0, ...added));
    }),
  ],
  [
    'insert',
    onList(['index', 'object'], (own, [at, item = null]) =>
      nothing(own.splice(wholeOf(at, 0, 'the place'), 0, item)),
    ),
  ],
  ['pop', onList(['index'], pop)],
  ['remove', onList(['value'], (own, [item = null], run) => nothing(own.splice(indexIn(own, item, run), 1)))],
  ['clear', onList([], (own) => nothing(own.splice(0)))],
  ['copy', onList([], (own) => [...own])],
  ['reverse', onList([], (own) => nothing(own.reverse()))],
  [
    'sort',
    onList([], (own, _given, run) => nothing(own.splice(0, own.length, ...sortValues(own, run.budget)))),
  ],
]);

function nothing(_done: unknown): null {
  return null;
}
