import { TemplateFault } from '../fault.ts';
import { isNumeric, truncate } from '../values/compare.ts';
import { printValue } from '../values/print.ts';
import type { Run } from '../values/run.ts';
import { sizeOf } from '../values/size.ts';
import { kindOf, Undefined, type Value } from '../values/value.ts';

/** What was given for the parameters, in their order; `undefined` for one that was left out. */
export type Given = readonly (Value | undefined)[];

/** A filter, test or method that is part of the language. */
export interface Native {
  /** Names of the parameters behind the value itself. `*` at the end takes any number, named ones too. */
  readonly parameters: readonly string[];
  readonly apply: (self: Value, given: Given, run: Run, named: ReadonlyMap<string, Value>) => Value;
}

/**
 * Calls a filter, test or method.
 *
 * @param what - how messages call it.
 * @throws TemplateFault for arguments that it does not take.
 */
export function applyNative(
  what: string,
  { parameters, apply }: Native,
  self: Value,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  run: Run,
): Value {
  run.budget.spend(1 + positional.length);
  // Whatever it does, it may go over all that it is given.
  for (const value of [self, ...positional, ...named.values()]) run.budget.spendReading(sizeOf(value));
  if (parameters.at(-1) === '*') return checked(apply(self, positional, run, named), run);
  if (positional.length > parameters.length) {
    throw new TemplateFault(
      `${what} takes at most ${parameters.length} argument(s), not ${positional.length}`,
    );
  }
  const given: (Value | undefined)[] = parameters.map((_, index) => positional[index]);
  for (const [name, value] of named) {
    const index = parameters.indexOf(name);
    if (index === -1 || index < positional.length)
      throw new TemplateFault(`${what} takes no argument ${name}`);
    given[index] = value;
  }
  return checked(apply(self, given, run, named), run);
}

function checked(result: Value, { budget }: Run): Value {
  budget.checkLength(sizeOf(result));
  return result;
}

/** Makes the entry of a table. */
export function native(parameters: readonly string[], apply: Native['apply']): Native {
  return { parameters, apply };
}

/** An argument that has to be text. */
export function textOf(value: Value | undefined, what: string): string {
  if (typeof value === 'string') return value;
  if (value instanceof Undefined) throw new TemplateFault(value.reason, { hint: value.hint });
  throw new TemplateFault(
    `${what} has to be a text, not ${value === undefined ? 'left out' : kindOf(value)}`,
  );
}

/** The text of any value, as filters take it. */
export function softText(value: Value, run: Run): string {
  return printValue(value, run.budget);
}

/** An argument that has to be a whole number of a size that JavaScript can count to. */
export function wholeOf(value: Value | undefined, fallback: number, what: string): number {
  if (value === undefined) return fallback;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  if (value instanceof Undefined) throw new TemplateFault(value.reason, { hint: value.hint });
  throw new TemplateFault(`${what} has to be a whole number, not ${kindOf(value)}`);
}

/** Any number. */
export function numberOf(value: Value, what: string): bigint | number {
  if (isNumeric(value)) return typeof value === 'number' ? value : truncate(value);
  if (value instanceof Undefined) throw new TemplateFault(value.reason, { hint: value.hint });
  throw new TemplateFault(`${what} has to be a number, not ${kindOf(value)}`);
}
