import type { Value } from '../values/value.ts';

/** Variables of one block; what it does not have is looked for around it. */
export class Scope {
  readonly #values = new Map<string, Value>();
  readonly #outer: Scope | undefined;

  constructor(outer: Scope | undefined, values: Iterable<readonly [string, Value]> = []) {
    this.#outer = outer;
    for (const [name, value] of values) this.#values.set(name, value);
  }

  find(name: string): Value | undefined {
    const value = this.#values.get(name);
    return value === undefined ? this.#outer?.find(name) : value;
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }
}
