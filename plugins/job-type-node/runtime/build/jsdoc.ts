import type { Schema } from '../worker/signatures.ts';
import { child, children, type ParseSource, type Syntax } from './syntax.ts';
import { toSchema, type NamedTypes } from './types-to-schema.ts';

/** What stands between braces, with braces in it. */
const TYPE = String.raw`\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})+)\}`;
/** `@param {TYPE} name` or `[name]` or `[name=default]`, and what it says; TypeScript leaves out the type. */
const PARAM = new RegExp(String.raw`^@param\s+(?:${TYPE}\s+)?(\[)?([\w$.]+)(?:=([^\]]*))?\]?\s*-?\s*(.*)$`);
const RESULT = new RegExp(String.raw`^@(?:returns?|yields?)\s+${TYPE}`);

/** What a documentation comment says of a function and of its first parameter. */
export interface DocumentedCall {
  /** Without the tags. */
  readonly text: string;
  /** Of the input; `undefined` when nothing is said of it. */
  readonly schema: Schema | undefined;
  /** Type of the result, or of what a generator yields. */
  readonly result: Syntax | undefined;
}

/**
 * Reads a JSDoc comment.
 *
 * @param members - names that the first parameter is taken apart into: tags may name them directly.
 */
export function parseJsDoc(
  comment: string,
  members: readonly string[],
  parse: ParseSource,
  types: NamedTypes,
): DocumentedCall {
  const [text = '', ...tags] = splitTags(comment);
  const returned = tags.map((tag) => RESULT.exec(tag)?.[1]).find((type) => type !== undefined);
  const result = returned === undefined ? undefined : parseType(returned, parse);
  const params = tags.flatMap((tag) => {
    const [, type = '', bracket, name = '', standard, about = ''] = PARAM.exec(tag) ?? [];
    return name === '' ? [] : [{ type, isOptional: bracket !== undefined, name, standard, about }];
  });
  const [first] = params;
  if (first === undefined) return { text, schema: undefined, result };
  const isMember = members.includes(first.name);
  const [input = ''] = first.name.split('.', 1);
  const prefix = isMember ? '' : `${input}.`;
  const whole = input === first.name && !isMember ? toSchema(parseType(first.type, parse), types) : {};
  const properties: Record<string, Schema> = { ...whole.properties };
  const required = [...(whole.required ?? [])];
  for (const { type, isOptional, name, standard, about } of params) {
    const member = name.startsWith(prefix) ? name.slice(prefix.length) : name;
    const isKnown = member !== name || members.includes(name);
    if (!isKnown || member.includes('.')) continue;
    properties[member] = {
      ...properties[member],
      ...toSchema(parseType(type, parse), types),
      ...(about === '' ? {} : { description: about }),
      ...parseDefault(standard),
    };
    if (!isOptional && !required.includes(member)) required.push(member);
  }
  if (Object.keys(properties).length === 0) return { text, schema: undefined, result };
  return { text, schema: { type: 'object', properties, required, additionalProperties: false }, result };
}

/** The text, and each tag with the lines that belong to it as one line. */
function splitTags(comment: string): string[] {
  const [text = '', ...tags] = comment.split(/^(?=@)/m);
  const isTagged = text.startsWith('@');
  const lines = (isTagged ? [text, ...tags] : tags).map((tag) => tag.replaceAll(/\s*\n\s*/g, ' ').trim());
  return [isTagged ? '' : text.trim(), ...lines];
}

function parseType(text: string, parse: ParseSource): Syntax | undefined {
  if (text === '') return undefined;
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
