import { TemplateFault } from '../fault.ts';
import type { Expression } from './nodes.ts';
import { parseTuple } from './parse-tuple.ts';
import type { TokenStream } from './token-stream.ts';

const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['True', true],
  ['false', false],
  ['False', false],
  ['none', null],
  ['None', null],
]);

/** Reads a name, a literal, or something in brackets. */
export function parsePrimary(stream: TokenStream): Expression {
  const { kind, text, at } = stream.current;
  if (kind === 'name') {
    stream.next();
    const constant = CONSTANTS.get(text);
    return constant === undefined
      ? { kind: 'name', name: text, at }
      : { kind: 'constant', value: constant, at };
  }
  if (kind === 'string') return parseStrings(stream);
  if (kind === 'integer') return { kind: 'constant', value: readInteger(stream), at };
  if (kind === 'float') return { kind: 'constant', value: Number(stream.next().text), at };
  if (stream.skip('(')) return parseParentheses(stream, at);
  if (stream.skip('[')) return { kind: 'list', items: parseItems(stream), at };
  if (stream.skip('{')) return { kind: 'dict', entries: parseEntries(stream), at };
  throw stream.unexpected('a value');
}

/** As long as Python lets a number be. */
const MAX_DIGITS = 4300;

function readInteger(stream: TokenStream): bigint {
  const { text, at } = stream.next();
  if (text.length > MAX_DIGITS) throw new TemplateFault('the number has too many digits', { offset: at });
  return BigInt(text);
}

/** Neighbouring texts are one text. */
function parseStrings(stream: TokenStream): Expression {
  const { at } = stream.current;
  const parts = [];
  while (stream.current.kind === 'string') parts.push(stream.next().text);
  return { kind: 'constant', value: parts.join(''), at };
}

function parseParentheses(stream: TokenStream, at: number): Expression {
  if (stream.skip(')')) return { kind: 'tuple', items: [], at };
  const inner = parseTuple(stream);
  stream.expectOperator(')');
  return inner;
}

function parseItems(stream: TokenStream): Expression[] {
  const items: Expression[] = [];
  while (!stream.isOperator(']')) {
    if (items.length > 0) stream.expectOperator(',');
    if (stream.isOperator(']')) break;
    items.push(stream.expression());
  }
  stream.expectOperator(']');
  return items;
}

function parseEntries(stream: TokenStream): (readonly [Expression, Expression])[] {
  const entries: (readonly [Expression, Expression])[] = [];
  while (!stream.isOperator('}')) {
    if (entries.length > 0) stream.expectOperator(',');
    if (stream.isOperator('}')) break;
    const key = stream.expression();
    stream.expectOperator(':');
    entries.push([key, stream.expression()]);
  }
  stream.expectOperator('}');
  return entries;
}
