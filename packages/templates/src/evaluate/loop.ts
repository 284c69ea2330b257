import { areEqual } from '../values/compare.ts';
import { Structure, Tuple, Undefined, valueOr, type Call, type Value } from '../values/value.ts';

/** What a loop knows about itself. */
export interface LoopState {
  readonly items: readonly Value[];
  /** From 0. */
  readonly depth: number;
  /** Renders the loop's body for other items; only of a recursive one. */
  readonly recurse: ((call: Call) => Value) | undefined;
}

/** Makes the variable `loop`, and moves it from item to item. */
export class LoopVariable {
  readonly structure: Structure;
  readonly #items: readonly Value[];
  #index = 0;
  #lastChecked: Value | undefined;

  constructor({ items, depth, recurse }: LoopState) {
    this.#items = items;
    const attributes = new Map<string, Value>([
      ['length', BigInt(items.length)],
      ['depth', BigInt(depth + 1)],
      ['depth0', BigInt(depth)],
      ['cycle', new Structure('loop.cycle', { call: (call) => this.#cycle(call) })],
      ['changed', new Structure('loop.changed', { call: (call) => this.#changed(call) })],
    ]);
    const options = recurse === undefined ? { attributes } : { attributes, call: recurse, isChecked: true };
    this.structure = new Structure('loop', options);
  }

  /** @param index - of the item at hand, from 0. */
  moveTo(index: number): void {
    this.#index = index;
    const { length } = this.#items;
    const values: readonly (readonly [string, Value])[] = [
      ['index', BigInt(index + 1)],
      ['index0', BigInt(index)],
      ['revindex', BigInt(length - index)],
      ['revindex0', BigInt(length - index - 1)],
      ['first', index === 0],
      ['last', index === length - 1],
      ['previtem', valueOr(this.#items[index - 1], new Undefined('the first item has none before it'))],
      ['nextitem', valueOr(this.#items[index + 1], new Undefined('the last item has none behind it'))],
    ];
    for (const [name, value] of values) this.structure.attributes.set(name, value);
  }

  #cycle({ positional }: Call): Value {
    return valueOr(
      positional[this.#index % positional.length],
      new Undefined('cycle needs at least one value'),
    );
  }

  #changed({ positional, run }: Call): Value {
    const now = new Tuple(positional);
    const isSame = this.#lastChecked !== undefined && areEqual(this.#lastChecked, now, run.budget);
    this.#lastChecked = now;
    return !isSame;
  }
}
