import { charactersOf } from './characters.ts';
import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import { Dict, Structure, Tuple, kindOf, Undefined, type Value } from './value.ts';

/** The item of a list or text at a place (negative from its end), or of a dictionary under a key. */
export function findItem(object: Value, key: Value, budget: Budget): Value | undefined {
  if (object instanceof Dict) return object.get(key);
  if (object instanceof Structure) return undefined;
  if (typeof key !== 'bigint' && typeof key !== 'boolean') return undefined;
  const items = sequenceOf(object, budget);
  return items?.at(Math.max(-items.length - 1, Math.min(Number(key), items.length)));
}

/** `object[start:stop:step]` as in Python. @throws TemplateFault for what has no order. */
export function slice(
  object: Value,
  bounds: readonly [Value | undefined, Value | undefined, Value | undefined],
  budget: Budget,
): Value {
  const items = sequenceOf(object, budget);
  if (object instanceof Undefined) throw new TemplateFault(object.reason, { hint: object.hint });
  if (items === undefined) throw new TemplateFault(`${kindOf(object)} cannot be sliced`);
  const picked = pickSlice(items, bounds.map(toBound));
  budget.spendLength(picked.length);
  if (typeof object === 'string') return picked.map((one) => (typeof one === 'string' ? one : '')).join('');
  return object instanceof Tuple ? new Tuple(picked) : picked;
}

function sequenceOf(object: Value, budget: Budget): readonly Value[] | undefined {
  if (typeof object === 'string') {
    budget.spendLength(object.length);
    return charactersOf(object);
  }
  if (object instanceof Tuple) return object.items;
  return Array.isArray(object) ? object : undefined;
}

function toBound(value: Value | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  throw new TemplateFault(`a slice needs whole numbers, not ${kindOf(value)}`);
}

function pickSlice(
  items: readonly Value[],
  [start, stop, step = 1]: readonly (number | undefined)[],
): Value[] {
  if (step === 0) throw new TemplateFault('the step of a slice cannot be 0');
  const { length } = items;
  const clamp = (bound: number | undefined, fallback: number, low: number, high: number): number => {
    if (bound === undefined) return fallback;
    return Math.min(high, Math.max(low, bound < 0 ? bound + length : bound));
  };
  const picked: Value[] = [];
  if (step > 0) {
    const end = clamp(stop, length, 0, length);
    for (let at = clamp(start, 0, 0, length); at < end; at += step) picked.push(items[at] ?? null);
    return picked;
  }
  const end = clamp(stop, -1, -1, length - 1);
  for (let at = clamp(start, length - 1, -1, length - 1); at > end; at += step)
    picked.push(items[at] ?? null);
  return picked;
}
