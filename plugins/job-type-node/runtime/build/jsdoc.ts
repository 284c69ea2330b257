import type { Schema } from '../worker/signatures.ts';
import { child, children, type ParseSource, type Syntax } from './syntax.ts';
import { toSchema, type NamedTypes } from './types-to-schema.ts';

/** `@param {TYPE} name` or `[name]` or `[name=default]`, and what it says. */
const PARAM = /^@param\s+\{(.+)\}\s+(\[)?([\w$.]+)(?:=([^\]]*))?\]?\s*-?\s*(.*)$/;

/** What a documentation comment says of a function and of its first parameter. */
export interface DocumentedCall {
  /** Without the tags. */
  readonly text: string;
  /** Of the input; `undefined` when nothing is said of it. */
  readonly schema: Schema | undefined;
}

/** Reads a JSDoc comment. */
export function parseJsDoc(comment: string, parse: ParseSource, types: NamedTypes): DocumentedCall {
  const firstTag = comment.search(/^@/m);
  const text = (firstTag === -1 ? comment : comment.slice(0, firstTag)).trim();
  const params = comment.split('\n').flatMap((line) => {
    const [, type = '', bracket, name = '', standard, about = ''] = PARAM.exec(line) ?? [];
    return name === '' ? [] : [{ type, isOptional: bracket !== undefined, name, standard, about }];
  });
  const [first] = params;
  if (first === undefined) return { text, schema: undefined };
  const whole = toSchema(parseType(first.type, parse), types);
  const properties: Record<string, Schema> = { ...whole.properties };
  const required = [...(whole.required ?? [])];
  for (const { type, isOptional, name, standard, about } of params) {
    const member = name.startsWith(`${first.name}.`) ? name.slice(first.name.length + 1) : '';
    if (member === '' || member.includes('.')) continue;
    properties[member] = {
      ...toSchema(parseType(type, parse), types),
      ...(about === '' ? {} : { description: about }),
      ...parseDefault(standard),
    };
    if (!isOptional) required.push(member);
  }
  if (Object.keys(properties).length === 0) return { text, schema: undefined };
  return { text, schema: { type: 'object', properties, required, additionalProperties: false } };
}

function parseType(text: string, parse: ParseSource): Syntax | undefined {
  try {
    const [statement] = children(parse(`type T = ${text};`).program, 'body');
    return child(statement, 'typeAnnotation');
  } catch {
    return undefined;
  }
}

function parseDefault(text: string | undefined): Schema {
  try {
    return text === undefined ? {} : { default: JSON.parse(text) as unknown };
  } catch {
    return {};
  }
}
