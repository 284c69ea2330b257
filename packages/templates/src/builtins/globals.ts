import { TemplateFault } from '../fault.ts';
import { printValue } from '../values/print.ts';
import { Dict, Structure, type Call, type Value } from '../values/value.ts';
import { updateDict } from './dict-methods.ts';
import { wholeOf } from './native.ts';

function range({ positional, run }: Call): Value {
  const [a, b, c] = positional.map((value) => wholeOf(value, 0, 'each bound of range'));
  if (a === undefined) throw new TemplateFault('range needs at least one number');
  const [start, stop, step] = b === undefined ? [0, a, 1] : [a, b, c ?? 1];
  if (step === 0) throw new TemplateFault('the step of range cannot be 0');
  const length = Math.max(0, Math.ceil((stop - start) / step));
  run.budget.spendLength(length);
  return Array.from({ length }, (_, index) => BigInt(start + index * step));
}

function makeDict({ positional, named, run }: Call): Dict {
  const dict = new Dict();
  updateDict(dict, positional, run, named);
  return dict;
}

/** Names become attributes, so that `{% set ns.name = … %}` of a loop is seen behind it. */
function namespace(call: Call): Value {
  const attributes = new Map(
    makeDict(call)
      .entries()
      .map(([key, value]) => [printValue(key, call.run.budget), value]),
  );
  return new Structure('namespace', { attributes, isNamespace: true });
}

function cycler({ positional }: Call): Value {
  if (positional.length === 0) throw new TemplateFault('cycler needs at least one value');
  let index = 0;
  const current = (): Value => positional[index] ?? null;
  const self = new Structure('cycler', {
    attributes: new Map([
      ['current', current()],
      [
        'next',
        fn('cycler.next', () => {
          const value = current();
          move((index + 1) % positional.length);
          return value;
        }),
      ],
      [
        'reset',
        fn('cycler.reset', () => {
          move(0);
          return null;
        }),
      ],
    ]),
  });
  const move = (to: number): void => {
    index = to;
    self.attributes.set('current', current());
  };
  return self;
}

function joiner({ positional: [separator = ', '] }: Call): Value {
  let isUsed = false;
  return fn('joiner', () => {
    const text = isUsed ? separator : '';
    isUsed = true;
    return text;
  });
}

function fn(name: string, call: (call: Call) => Value): Structure {
  return new Structure(name, { call });
}

/** Functions that every template knows, unless a variable has their name. */
export const GLOBALS: ReadonlyMap<string, Value> = new Map([
  ['range', fn('range', range)],
  ['dict', fn('dict', makeDict)],
  ['namespace', fn('namespace', namespace)],
  ['cycler', fn('cycler', cycler)],
  ['joiner', fn('joiner', joiner)],
]);
