import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import { getItems } from '../values/iterate.ts';
import { representValue } from '../values/print.ts';
import type { Run } from '../values/run.ts';
import { spendKey } from '../values/size.ts';
import { Dict, Tuple, kindOf, valueOr, type Value } from '../values/value.ts';
import { native, type Given, type Native } from './native.ts';

function onDict(
  parameters: readonly string[],
  apply: (own: Dict, given: Given, run: Run, named: ReadonlyMap<string, Value>) => Value,
): Native {
  return native(parameters, (self, given, run, named) => {
    if (!(self instanceof Dict)) throw new TemplateFault('only a dictionary has this method');
    run.budget.spendLength(self.size);
    return apply(self, given, run, named);
  });
}

/** Puts an entry into a dictionary. @throws TemplateFault for a key that can change, such as a list. */
export function setEntry(dict: Dict, key: Value, value: Value, budget: Budget): void {
  spendKey(key, budget);
  if (dict.set(key, value)) return;
  throw new TemplateFault(`${kindOf(key)} cannot be a key`);
}

/** `dict(…)` and `.update(…)`: from a dictionary or pairs, then from names. */
export function updateDict(dict: Dict, [source]: Given, run: Run, named: ReadonlyMap<string, Value>): void {
  for (const [key, value] of source === undefined ? [] : pairsOf(source, run))
    setEntry(dict, key, value, run.budget);
  for (const [name, value] of named) setEntry(dict, name, value, run.budget);
  run.budget.spendLength(dict.size);
}

function pairsOf(source: Value, run: Run): [Value, Value][] {
  if (source instanceof Dict) return source.entries();
  return getItems(source, run.budget).map((pair) => {
    const [key, value, ...more] = getItems(pair, run.budget);
    if (key === undefined || value === undefined || more.length > 0) {
      throw new TemplateFault('a dictionary is made of pairs');
    }
    return [key, value];
  });
}

function pop(own: Dict, [key = null, fallback]: Given, run: Run): Value {
  spendKey(key, run.budget);
  const value = own.has(key) ? own.get(key) : fallback;
  if (value === undefined) throw new TemplateFault(`there is no key ${representValue(key, run.budget)}`);
  own.delete(key);
  return value;
}

function setDefault(own: Dict, [key = null, fallback = null]: Given, run: Run): Value {
  spendKey(key, run.budget);
  const existing = own.get(key);
  if (existing !== undefined) return existing;
  setEntry(own, key, fallback, run.budget);
  return fallback;
}

/** The entries of a dictionary, as `.items()` has them. */
export function itemsOf(own: Dict): Value[] {
  return own.entries().map((entry) => new Tuple(entry));
}

/** Methods of dictionaries. What Python answers as a view is a list. */
export const DICT_METHODS: ReadonlyMap<string, Native> = new Map([
  ['items', onDict([], itemsOf)],
  ['keys', onDict([], (own) => own.keys())],
  ['values', onDict([], (own) => own.values())],
  [
    'get',
    onDict(['key', 'default'], (own, [key = null, fallback = null], run) => {
      spendKey(key, run.budget);
      return valueOr(own.get(key), fallback);
    }),
  ],
  ['copy', onDict([], (own) => new Dict(own.entries()))],
  ['pop', onDict(['key', 'default'], pop)],
  ['setdefault', onDict(['key', 'default'], setDefault)],
  [
    'update',
    onDict(['*'], (own, given, run, named) => {
      updateDict(own, given, run, named);
      return null;
    }),
  ],
  [
    'clear',
    onDict([], (own) => {
      own.clear();
      return null;
    }),
  ],
]);
