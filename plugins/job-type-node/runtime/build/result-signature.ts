import type { CallResult } from '../worker/signatures.ts';
import { child, children, nameOf, type Syntax } from './syntax.ts';
import { toSchema, type NamedTypes } from './types-to-schema.ts';

/** Types of what can be iterated over in time; arrays are `Iterable`, too. */
const STREAMS: ReadonlySet<string> = new Set([
  'Generator',
  'IterableIterator',
  'AsyncGenerator',
  'AsyncIterable',
  'AsyncIterableIterator',
  'AsyncIterator',
]);
const BYTES: ReadonlySet<string> = new Set(['Buffer', 'Uint8Array', 'ArrayBuffer']);

/**
 * What a function answers, as far as its source says so.
 *
 * @param documented - type of its JSDoc; of a generator it is that of the values.
 * @returns `undefined` when nothing is known.
 */
export function readResult(
  callee: Syntax,
  documented: Syntax | undefined,
  types: NamedTypes,
): CallResult | undefined {
  const annotation = child(child(callee, 'returnType'), 'typeAnnotation');
  const type = settle(annotation ?? documented);
  const name = typeName(type);
  if (STREAMS.has(name)) return compose('stream', firstArgument(type), types);
  if (callee['generator'] === true)
    return compose('stream', annotation === undefined ? type : undefined, types);
  if (BYTES.has(name)) return { form: 'bytes' };
  const result = compose('json', type, types);
  return result.schema === undefined ? undefined : result;
}

function compose(form: CallResult['form'], type: Syntax | undefined, types: NamedTypes): CallResult {
  if (type?.type === 'TSVoidKeyword' || type?.type === 'TSUndefinedKeyword') {
    return { form, schema: { type: 'null' } };
  }
  const schema = toSchema(type, types);
  return Object.keys(schema).length === 0 ? { form } : { form, schema };
}

/** What a promise of it brings. */
function settle(type: Syntax | undefined): Syntax | undefined {
  return typeName(type) === 'Promise' ? firstArgument(type) : type;
}

function typeName(type: Syntax | undefined): string {
  return type?.type === 'TSTypeReference' ? (nameOf(child(type, 'typeName')) ?? '') : '';
}

function firstArgument(type: Syntax | undefined): Syntax | undefined {
  const [first] = children(child(type, 'typeArguments') ?? child(type, 'typeParameters'), 'params');
  return first;
}
