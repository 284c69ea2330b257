import { TemplateFault } from '../fault.ts';
import type { AssignTarget, FilterNode, ForNode, MacroNode, Statement } from './nodes.ts';
import { parseWithoutChoice } from './parse-expression.ts';
import { parseFilter, parsePostfix } from './parse-postfix.ts';
import { parsePrimary } from './parse-primary.ts';
import { parseTuple } from './parse-tuple.ts';
import type { TokenStream } from './token-stream.ts';

/** What a tag needs of the parser that found it: the block behind it. */
interface BlockReader {
  block(
    ends: readonly string[],
    opener: { readonly name: string; readonly at: number },
  ): { statements: Statement[]; closing: { readonly name: string; readonly stream: TokenStream } };
}

type ReadTag = (reader: BlockReader, stream: TokenStream, at: number) => Statement;

const TAGS: ReadonlyMap<string, ReadTag> = new Map<string, ReadTag>([
  ['if', readIf],
  ['for', readFor],
  ['set', readSet],
  ['with', readWith],
  ['filter', readFilterBlock],
  ['macro', readMacro],
  ['call', readCallBlock],
]);

/**
 * Reads a tag with the block that belongs to it.
 *
 * @param stream - behind the name.
 * @param at - where the tag begins.
 * @returns `undefined` when no tag has this name.
 */
export function parseTag(
  reader: BlockReader,
  stream: TokenStream,
  name: string,
  at: number,
): Statement | undefined {
  return TAGS.get(name)?.(reader, stream, at);
}

function readIf(reader: BlockReader, stream: TokenStream, at: number): Statement {
  const branches = [];
  let words = stream;
  for (;;) {
    const condition = parseTuple(words);
    words.expectEnd();
    const { statements, closing } = reader.block(['elif', 'else', 'endif'], { name: 'if', at });
    branches.push({ condition, body: statements });
    if (closing.name === 'elif') {
      words = closing.stream;
      continue;
    }
    const otherwise = closing.name === 'else' ? readElse(reader, closing.stream, 'if', at) : [];
    return { kind: 'if', branches, otherwise, at };
  }
}

function readElse(reader: BlockReader, stream: TokenStream, name: string, at: number): Statement[] {
  stream.expectEnd();
  return reader.block([`end${name}`], { name, at }).statements;
}

function readFor(reader: BlockReader, stream: TokenStream, at: number): ForNode {
  const target = readTarget(stream);
  stream.expectWord('in');
  const iterable = parseTuple(stream, parseWithoutChoice);
  const condition = stream.skip('if') ? stream.expression() : undefined;
  const isRecursive = stream.skip('recursive');
  stream.expectEnd();
  const { statements, closing } = reader.block(['else', 'endfor'], { name: 'for', at });
  const otherwise = closing.name === 'else' ? readElse(reader, closing.stream, 'for', at) : [];
  return { kind: 'for', target, iterable, condition, isRecursive, body: statements, otherwise, at };
}

function readSet(reader: BlockReader, stream: TokenStream, at: number): Statement {
  const target = readTarget(stream, true);
  if (stream.skip('=')) {
    const value = parseTuple(stream);
    stream.expectEnd();
    return { kind: 'set', target, value, at };
  }
  const filter = stream.skip('|') ? readFilterChain(stream) : undefined;
  stream.expectEnd();
  const body = reader.block(['endset'], { name: 'set', at }).statements;
  return { kind: 'set-block', target, filter, body, at };
}

function readWith(reader: BlockReader, stream: TokenStream, at: number): Statement {
  const assignments = [];
  while (stream.current.kind !== 'end') {
    if (assignments.length > 0) stream.expectOperator(',');
    const target = readSingleTarget(stream, false);
    stream.expectOperator('=');
    assignments.push({ target, value: stream.expression() });
  }
  const body = reader.block(['endwith'], { name: 'with', at }).statements;
  return { kind: 'with', assignments, body, at };
}

function readFilterBlock(reader: BlockReader, stream: TokenStream, at: number): Statement {
  const filter = readFilterChain(stream);
  stream.expectEnd();
  return {
    kind: 'filter-block',
    filter,
    body: reader.block(['endfilter'], { name: 'filter', at }).statements,
    at,
  };
}

/** `upper | trim`: the first is applied to what the block holds. */
function readFilterChain(stream: TokenStream): FilterNode {
  let filter = parseFilter(stream, undefined);
  while (stream.skip('|')) filter = parseFilter(stream, filter);
  return filter;
}

function readMacro(reader: BlockReader, stream: TokenStream, at: number): Statement {
  const name = stream.expectName();
  const parameters = readParameters(stream);
  stream.expectEnd();
  const { statements, closing } = reader.block(['endmacro'], { name: 'macro', at });
  if (!closing.stream.skip(name)) closing.stream.expectEnd();
  return { kind: 'macro', macro: { name, parameters, body: statements, at }, at };
}

function readCallBlock(reader: BlockReader, stream: TokenStream, at: number): Statement {
  const parameters = stream.isOperator('(') ? readParameters(stream) : [];
  const callAt = stream.current.at;
  const call = parsePostfix(stream, parsePrimary(stream));
  if (call.kind !== 'call') throw new TemplateFault('{% call %} needs a call', { offset: callAt });
  stream.expectEnd();
  const body = reader.block(['endcall'], { name: 'call', at }).statements;
  return { kind: 'call-block', call, caller: { name: 'caller', parameters, body, at }, at };
}

function readParameters(stream: TokenStream): MacroNode['parameters'] {
  const parameters: MacroNode['parameters'][number][] = [];
  stream.expectOperator('(');
  while (!stream.isOperator(')')) {
    if (parameters.length > 0) stream.expectOperator(',');
    const name = stream.expectName();
    const fallback = stream.skip('=') ? stream.expression() : undefined;
    if (fallback === undefined && parameters.at(-1)?.fallback !== undefined) {
      throw stream.unexpected(`a default for ${name}`);
    }
    parameters.push({ name, fallback });
  }
  stream.expectOperator(')');
  return parameters;
}

/** @param allowsMember - whether it may be an attribute of a namespace. */
function readTarget(stream: TokenStream, allowsMember = false): AssignTarget {
  const { at } = stream.current;
  const first = readSingleTarget(stream, allowsMember);
  if (!stream.isOperator(',')) return first;
  const targets = [first];
  while (stream.skip(',') && !stream.isName('in') && !stream.isOperator('=', ')')) {
    targets.push(readSingleTarget(stream, allowsMember));
  }
  return { kind: 'several', targets, at };
}

const RESERVED: ReadonlySet<string> = new Set(['true', 'false', 'none', 'True', 'False', 'None']);

function readSingleTarget(stream: TokenStream, allowsMember: boolean): AssignTarget {
  const { at } = stream.current;
  if (stream.skip('(')) {
    const inner = stream.nested(() => readTarget(stream, allowsMember));
    stream.expectOperator(')');
    return inner;
  }
  const name = stream.expectName();
  if (RESERVED.has(name)) throw new TemplateFault(`${name} cannot be set`, { offset: at });
  if (allowsMember && stream.skip('.'))
    return { kind: 'member', object: name, name: stream.expectName(), at };
  return { kind: 'variable', name, at };
}
