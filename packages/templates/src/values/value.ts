import type { Run } from './run.ts';

/**
 * A value inside of a template. Whole numbers are `bigint` and others `number`, as Python tells them apart; nothing of
 * JavaScript can be reached from one, since attributes are looked up in tables of ours alone.
 */
export type Value =
  | string
  | bigint
  | number
  | boolean
  | null
  | Undefined
  | Value[]
  | Tuple
  | Dict
  | Structure;

/** What a name stands for that has no value: prints as nothing, is false, and cannot be used further. */
export class Undefined {
  /** Such as `'x' is undefined`. */
  readonly reason: string;
  readonly hint: string | undefined;

  constructor(reason: string, hint?: string) {
    this.reason = reason;
    this.hint = hint;
  }
}

/** A list that cannot be changed. */
export class Tuple {
  readonly items: readonly Value[];
  /** Names of the items, where they have some. */
  readonly names: readonly string[];

  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** A dictionary of Python: in order of insertion, and `1`, `1.0` and `true` are one key. */
export class Dict {
  readonly #entries = new Map<string, [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    const identity = identityOf(key);
    return identity === undefined ? undefined : this.#entries.get(identity)?.[1];
  }

  has(key: Value): boolean {
    const identity = identityOf(key);
    return identity !== undefined && this.#entries.has(identity);
  }

  /** @returns false when this cannot be a key. */
  set(key: Value, value: Value): boolean {
    const identity = identityOf(key);
    if (identity === undefined) return false;
    this.#entries.set(identity, [this.#entries.get(identity)?.[0] ?? key, value]);
    return true;
  }

  delete(key: Value): void {
    const identity = identityOf(key);
    if (identity !== undefined) this.#entries.delete(identity);
  }

  clear(): void {
    this.#entries.clear();
  }

  entries(): [Value, Value][] {
    return [...this.#entries.values()].map(([key, value]) => [key, value]);
  }

  keys(): Value[] {
    return this.entries().map(([key]) => key);
  }

  values(): Value[] {
    return this.entries().map(([, value]) => value);
  }
}

/**
 * The same for keys that are equal; `undefined` for what cannot be a key. A text is told from a number by its mark.
 *
 * Always a text: JavaScript spreads texts well over a map, but big numbers by their last 64 bits alone.
 */
function identityOf(key: Value): string | undefined {
  if (typeof key === 'string') return `text:${key}`;
  if (typeof key === 'boolean') return key ? 'number:1' : 'number:0';
  if (typeof key === 'number')
    return `number:${Number.isInteger(key) ? BigInt(key).toString(16) : String(key)}`;
  if (typeof key === 'bigint') return `number:${key.toString(16)}`;
  if (key === null) return 'none';
  if (!(key instanceof Tuple)) return undefined;
  const parts = key.items.map(identityOf);
  if (parts.includes(undefined)) return undefined;
  return `tuple:${parts.map((part = '') => `${part.length}:${part}`).join(',')}`;
}

/** What a function of a template is called with. */
export interface Call {
  readonly run: Run;
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** Anything else: an object with attributes, a function, or both. */
export interface StructureOptions {
  readonly attributes?: ReadonlyMap<string, Value>;
  readonly call?: (call: Call) => Value;
  /** Whether `{% set x.name = … %}` may change it. */
  readonly isNamespace?: boolean;
  /** Whether what it answers has been checked for line breaks already: macros. */
  readonly isChecked?: boolean;
}

export class Structure {
  /** How it is called in messages, such as `Manifest`. */
  readonly typeName: string;
  readonly attributes: Map<string, Value>;
  readonly call: ((call: Call) => Value) | undefined;
  readonly isNamespace: boolean;
  readonly isChecked: boolean;

  constructor(typeName: string, options: StructureOptions) {
    this.typeName = typeName;
    this.attributes = new Map(options.attributes);
    this.call = options.call;
    this.isNamespace = options.isNamespace ?? false;
    this.isChecked = options.isChecked ?? false;
  }
}

/** `value`, or `otherwise` where there is none; unlike `??` it takes `null`, which is a value of templates. */
export function valueOr(value: Value | undefined, otherwise: Value): Value {
  return value === undefined ? otherwise : value;
}

/** What kind of value it is, in the words of messages, with its article. */
export function kindOf(value: Value): string {
  if (value === null) return 'none';
  if (value instanceof Undefined) return 'an undefined value';
  if (value instanceof Dict) return 'a dictionary';
  if (value instanceof Tuple) return 'a tuple';
  if (value instanceof Structure) return `the ${value.typeName}`;
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return 'a boolean';
  if (typeof value === 'bigint') return 'a whole number';
  return typeof value === 'number' ? 'a number with a fraction' : 'a text';
}
