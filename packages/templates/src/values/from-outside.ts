import { Dict, Structure, type Value } from './value.ts';

/** An object with attributes, as `manifest` is; fields and methods are all that a template sees of it. */
export class TemplateObject {
  readonly typeName: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Each takes no argument. */
  readonly methods: Readonly<Record<string, () => unknown>>;

  /** @param typeName - how messages call it. */
  constructor(
    typeName: string,
    fields: Readonly<Record<string, unknown>>,
    methods: Readonly<Record<string, () => unknown>> = {},
  ) {
    this.typeName = typeName;
    this.fields = fields;
    this.methods = methods;
  }
}

const MAX_DEPTH = 100;

/**
 * Copies data into values of a template: JSON, and {@link TemplateObject}s in it.
 *
 * @param note - told every value that has been made, but not the parts of lists and dictionaries.
 * @throws TypeError for anything else, such as a function, and for data without end.
 */
export function fromOutside(data: unknown, note: (value: Value) => void): Value {
  const value = convert(data, note, 0);
  note(value);
  return value;
}

function convert(data: unknown, note: (value: Value) => void, depth: number): Value {
  if (depth > MAX_DEPTH) throw new TypeError('a variable of a template nests too deeply');
  if (data === null || data === undefined) return null;
  if (typeof data === 'string' || typeof data === 'boolean' || typeof data === 'bigint') return data;
  if (typeof data === 'number') return Number.isSafeInteger(data) ? BigInt(data) : data;
  if (typeof data !== 'object') throw new TypeError(`a variable of a template is a ${typeof data}`);
  if (Array.isArray(data)) return data.map((item) => convert(item, note, depth + 1));
  if (data instanceof Date) return data.toISOString();
  if (data instanceof TemplateObject) return convertObject(data, note);
  return new Dict(Object.entries(data).map(([key, value]) => [key, convert(value, note, depth + 1)]));
}

function convertObject(
  { typeName, fields, methods }: TemplateObject,
  note: (value: Value) => void,
): Structure {
  const attributes = new Map<string, Value>();
  for (const [name, value] of Object.entries(fields)) attributes.set(name, fromOutside(value, note));
  for (const [name, method] of Object.entries(methods)) {
    const answer = fromOutside(method(), note);
    attributes.set(name, new Structure(`${typeName}.${name}`, { call: () => answer }));
  }
  return new Structure(typeName, { attributes });
}
