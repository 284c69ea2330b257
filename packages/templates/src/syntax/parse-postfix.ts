import { suggestWord } from '@racetrack-platform/errors';
import { FILTERS } from '../builtins/filters.ts';
import { TESTS } from '../builtins/jinja-tests.ts';
import { TemplateFault } from '../fault.ts';
import { parsePrimary } from './parse-primary.ts';
import type { Arguments, Expression, FilterNode } from './nodes.ts';
import type { TokenStream } from './token-stream.ts';

const NO_ARGUMENTS: Arguments = { positional: [], named: [], spread: undefined, namedSpread: undefined };

/** Reads attributes, subscripts and calls behind a value. */
export function parsePostfix(stream: TokenStream, object: Expression): Expression {
  let node = object;
  for (;;) {
    const { at } = stream.current;
    if (stream.skip('.')) node = parseMember(stream, node, at);
    else if (stream.skip('[')) node = parseSubscript(stream, node, at);
    else if (stream.isOperator('(')) node = { kind: 'call', callee: node, args: parseArguments(stream), at };
    else return node;
  }
}

function parseMember(stream: TokenStream, object: Expression, at: number): Expression {
  const { kind, text } = stream.current;
  if (kind === 'name') return { kind: 'attribute', object, name: stream.next().text, at };
  if (kind !== 'integer') throw stream.unexpected('a name or number');
  stream.next();
  return { kind: 'item', object, key: { kind: 'constant', value: BigInt(text), at }, at };
}

function parseSubscript(stream: TokenStream, object: Expression, at: number): Expression {
  const bounds: (Expression | undefined)[] = [];
  let isSlice = false;
  for (;;) {
    const ends = stream.isOperator(':', ']');
    bounds.push(ends ? undefined : stream.expression());
    if (!stream.skip(':')) break;
    isSlice = true;
  }
  const [start, stop, step] = bounds;
  if (bounds.length > 3 || (!isSlice && start === undefined)) throw stream.unexpected('one subscript');
  stream.expectOperator(']');
  if (isSlice) return { kind: 'slice', object, bounds: [start, stop, step], at };
  if (start === undefined) throw stream.unexpected('a subscript');
  return { kind: 'item', object, key: start, at };
}

/** Reads `| name(arguments)`, as often as it comes. */
export function parseFilters(stream: TokenStream, input: Expression): Expression {
  let node = input;
  for (;;) {
    if (stream.isOperator('|')) {
      stream.next();
      node = parseFilter(stream, node);
    } else if (stream.isOperator('(')) {
      node = { kind: 'call', callee: node, args: parseArguments(stream), at: stream.current.at };
    } else return node;
  }
}

/**
 * Reads one filter behind its `|`.
 *
 * @param input - what it is applied to; `undefined` when that is a block.
 */
export function parseFilter(stream: TokenStream, input: Expression | undefined): FilterNode {
  const { at } = stream.current;
  const name = parseKnownName(stream, 'filter', FILTERS);
  const args = stream.isOperator('(') ? parseArguments(stream) : NO_ARGUMENTS;
  return { kind: 'filter', name, input, args, at };
}

/** Reads `is name(arguments)` and `is not name argument`. */
export function parseTests(stream: TokenStream, input: Expression): Expression {
  let node = input;
  while (stream.isName('is')) {
    stream.next();
    const isNegated = stream.skip('not');
    const { at } = stream.current;
    const name = parseKnownName(stream, 'test', TESTS);
    node = { kind: 'test', name, input: node, args: parseTestArguments(stream), isNegated, at };
    node = parseFilters(stream, node);
  }
  return node;
}

function parseTestArguments(stream: TokenStream): Arguments {
  if (stream.isOperator('(')) return parseArguments(stream);
  const { kind } = stream.current;
  if (kind === 'end' || (kind === 'operator' && !stream.isOperator('[', '{'))) return NO_ARGUMENTS;
  if (stream.isName('else', 'or', 'and', 'not', 'if', 'in', 'recursive')) return NO_ARGUMENTS;
  if (stream.isName('is')) {
    throw new TemplateFault('tests cannot follow each other', {
      offset: stream.current.at,
      hint: 'Join them with "and".',
    });
  }
  return { ...NO_ARGUMENTS, positional: [parsePostfix(stream, parsePrimary(stream))] };
}

function parseKnownName(stream: TokenStream, what: string, known: ReadonlyMap<string, unknown>): string {
  const { at } = stream.current;
  const name = stream.expectName();
  if (known.has(name)) return name;
  const near = suggestWord(name, [...known.keys()]);
  throw new TemplateFault(`there is no ${what} ${JSON.stringify(name)}`, {
    offset: at,
    hint: `${near === undefined ? '' : `Did you mean ${near}? `}docs/reference/templates.md lists all of them.`,
  });
}

/** Reads `(a, b, name=c, *d, **e)`. */
export function parseArguments(stream: TokenStream): Arguments {
  stream.expectOperator('(');
  const positional: Expression[] = [];
  const named: { name: string; value: Expression }[] = [];
  let spread: Expression | undefined;
  let namedSpread: Expression | undefined;
  for (let count = 0; !stream.isOperator(')'); count += 1) {
    if (count > 0) stream.expectOperator(',');
    if (stream.isOperator(')')) break;
    if (stream.skip('**')) namedSpread = stream.expression();
    else if (stream.skip('*')) spread = stream.expression();
    else if (isNamed(stream)) named.push(parseNamed(stream, named));
    else if (named.length > 0 || namedSpread !== undefined)
      throw stream.unexpected('an argument with a name');
    else positional.push(stream.expression());
  }
  stream.expectOperator(')');
  return { positional, named, spread, namedSpread };
}

function isNamed({ current, following }: TokenStream): boolean {
  return current.kind === 'name' && following.kind === 'operator' && following.text === '=';
}

function parseNamed(
  stream: TokenStream,
  earlier: readonly { name: string }[],
): { name: string; value: Expression } {
  const { at } = stream.current;
  const name = stream.expectName();
  if (earlier.some((one) => one.name === name)) {
    throw new TemplateFault(`the argument ${name} is given twice`, { offset: at });
  }
  stream.expectOperator('=');
  return { name, value: stream.expression() };
}
