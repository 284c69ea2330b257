import { findItem } from '../values/subscripts.ts';
import type { Run } from '../values/run.ts';
import { spendKey } from '../values/size.ts';
import {
  Dict,
  Structure,
  Tuple,
  kindOf,
  Undefined,
  valueOr,
  type Call,
  type Value,
} from '../values/value.ts';
import { TemplateFault } from '../fault.ts';
import { DICT_METHODS } from './dict-methods.ts';
import { LIST_METHODS, TUPLE_METHODS } from './list-methods.ts';
import { applyNative, type Native } from './native.ts';
import { STRING_METHODS } from './string-methods.ts';

const NO_METHODS: ReadonlyMap<string, Native> = new Map();

/** `object.name`: a method or attribute, else the item of that name (Jinja's order). */
export function getAttribute(object: Value, name: string, run: Run): Value {
  refuseUndefined(object);
  spendKey(name, run.budget);
  const attribute = findAttribute(object, name);
  if (attribute !== undefined) return attribute;
  return valueOr(findItem(object, name, run.budget), missing(object, name));
}

/** `object[key]`: the item, else the method or attribute of that name. */
export function getItem(object: Value, key: Value, run: Run): Value {
  refuseUndefined(object);
  spendKey(key, run.budget);
  const item = findItem(object, key, run.budget);
  if (item !== undefined) return item;
  if (typeof key === 'string') return valueOr(findAttribute(object, key), missing(object, key));
  return new Undefined(`${kindOf(object)} has no such item`);
}

/** The attribute alone, as the filter `attr` looks for it. */
export function findAttribute(object: Value, name: string): Value | undefined {
  if (object instanceof Structure) return object.attributes.get(name);
  if (object instanceof Tuple && object.names.includes(name)) return object.items[object.names.indexOf(name)];
  const method = methodsOf(object).get(name);
  if (method === undefined) return undefined;
  const call = ({ run, positional, named }: Call): Value =>
    applyNative(`${name}()`, method, object, positional, named, run);
  return new Structure(`${kindOf(object)}.${name}`, { call });
}

function methodsOf(object: Value): ReadonlyMap<string, Native> {
  if (typeof object === 'string') return STRING_METHODS;
  if (object instanceof Dict) return DICT_METHODS;
  if (object instanceof Tuple) return TUPLE_METHODS;
  return Array.isArray(object) ? LIST_METHODS : NO_METHODS;
}

function refuseUndefined(object: Value): void {
  if (object instanceof Undefined) throw new TemplateFault(object.reason, { hint: object.hint });
}

function missing(object: Value, name: string): Undefined {
  const isText = STRING_METHODS.has(name) && (typeof object === 'number' || typeof object === 'bigint');
  return new Undefined(
    `${kindOf(object)} has no attribute ${JSON.stringify(name)}`,
    isText
      ? 'The value is a number: put it in quotes where it is written, such as "3.11" in job.yaml.'
      : undefined,
  );
}
