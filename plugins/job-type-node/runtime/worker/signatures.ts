import { readFileSync } from 'node:fs';
import type { Parameter } from '../shared/protocol.ts';

/** The part of JSON Schema that types are turned into. */
export interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
  readonly description?: string;
}

/** What a function answers. */
export interface CallResult {
  /** Of a stream the schema is that of one value. */
  readonly form: 'json' | 'stream' | 'bytes';
  readonly schema?: Schema;
}

/** What the build has read about a function of the job. */
export interface CallSignature {
  /** Its documentation. */
  readonly text: string;
  /** Of its input; absent when nothing is known of it. */
  readonly schema?: Schema;
  /** Absent when nothing is known of it. */
  readonly result?: CallResult;
}

/** Signatures by `Class.method`, or `function`. */
export type SignatureFile = Readonly<Record<string, CallSignature>>;

export interface Signatures {
  find(entrypoint: object, target: (...args: never[]) => unknown): CallSignature | undefined;
}

/** @param path - file that the build wrote; empty: none. */
export function readSignatures(path: string): Signatures {
  const known = path === '' ? {} : parse(path);
  return {
    find(entrypoint, target) {
      // A bound method is called `bound name`.
      const name = target.name.replace(/^bound /, '');
      // The namespace of a module has no constructor.
      const owner: unknown = Reflect.get(entrypoint, 'constructor');
      const inClass = typeof owner === 'function' ? `${owner.name}.${name}` : name;
      if (Object.hasOwn(known, inClass)) return known[inClass];
      return Object.hasOwn(known, name) ? known[name] : undefined;
    },
  };
}

/** The members of the input, required ones first. */
export function listParameters(signature: CallSignature | undefined): Parameter[] {
  const { properties = {}, required = [] } = signature?.schema ?? {};
  const describe = ([name, schema]: readonly [string, Schema]): Parameter => ({
    name,
    ...nameType(schema),
    // What may be left out has a default, if only none at all: that is how callers tell.
    ...(required.includes(name) ? {} : { default_value: schema.default ?? null }),
  });
  const all = Object.entries(properties).map(describe);
  const isRequired = ({ name }: Parameter): boolean => required.includes(name);
  return [...all.filter(isRequired), ...all.filter((parameter) => !isRequired(parameter))];
}

function nameType({ type, enum: values }: Schema): { type?: string } {
  if (type !== undefined) return { type };
  return values === undefined ? {} : { type: [...new Set(values.map((value) => typeof value))].join(' | ') };
}

function parse(path: string): SignatureFile {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as SignatureFile;
  } catch {
    return {};
  }
}
