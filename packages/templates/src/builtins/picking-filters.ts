import { suggestWord } from '@racetrack-platform/errors';
import { TemplateFault } from '../fault.ts';
import { getItems } from '../values/iterate.ts';
import type { Run } from '../values/run.ts';
import { isTrue } from '../values/truth.ts';
import type { Value } from '../values/value.ts';
import { makeItemPath } from './item-path.ts';
import { native, textOf, type Given, type Native } from './native.ts';

function map(self: Value, given: Given, run: Run, named: ReadonlyMap<string, Value>): Value {
  const items = itemsToPick(self, run);
  const [filter, ...positional] = defined(given);
  if (filter !== undefined) {
    const name = textOf(filter, 'the name of the filter');
    return items.map((item) => run.applyFilter(name, item, positional, named));
  }
  const attribute = named.get('attribute');
  if (attribute === undefined) {
    throw new TemplateFault('map needs a filter or attribute=', {
      hint: 'Write map("upper") or map(attribute="name").',
    });
  }
  refuseUnknown(named);
  return items.map(makeItemPath(attribute, run, named.get('default')));
}

function refuseUnknown(named: ReadonlyMap<string, Value>): void {
  const unknown = [...named.keys()].find((name) => name !== 'attribute' && name !== 'default');
  if (unknown === undefined) return;
  const near = suggestWord(unknown, ['attribute', 'default']);
  throw new TemplateFault(`map takes no argument ${unknown}`, {
    hint: near === undefined ? undefined : `Did you mean ${near}?`,
  });
}

/** `select` and its relatives. */
function picking(keeps: boolean, takesAttribute: boolean): Native {
  return native(['*'], (self, given, run) => {
    const all = defined(given);
    const path = makeItemPath(takesAttribute ? (all.shift() ?? null) : undefined, run);
    const [test, ...positional] = all;
    const name = test === undefined ? undefined : textOf(test, 'the name of the test');
    return itemsToPick(self, run).filter((item) => {
      const value = path(item);
      return keeps === (name === undefined ? isTrue(value) : run.applyTest(name, value, positional));
    });
  });
}

/** Nothing, zero and none have no items to these filters, in Jinja too. */
function itemsToPick(self: Value, run: Run): readonly Value[] {
  return isTrue(self) ? getItems(self, run.budget) : [];
}

function defined(given: Given): Value[] {
  return given.filter((value) => value !== undefined);
}

/** Filters that apply another filter or test to each item. */
export const PICKING_FILTERS: ReadonlyMap<string, Native> = new Map([
  ['map', native(['*'], map)],
  ['select', picking(true, false)],
  ['reject', picking(false, false)],
  ['selectattr', picking(true, true)],
  ['rejectattr', picking(false, true)],
]);
