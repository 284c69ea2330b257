import type { BinaryOperator, Comparison, Expression } from './nodes.ts';
import { parseFilters, parsePostfix, parseTests } from './parse-postfix.ts';
import { parsePrimary } from './parse-primary.ts';
import type { TokenStream } from './token-stream.ts';

/** Reads an expression; the order of precedence is that of Jinja 3.1. */
export function parseExpression(stream: TokenStream): Expression {
  let chosen = parseOr(stream);
  while (stream.isName('if')) {
    const { at } = stream.next();
    const condition = parseOr(stream);
    const otherwise = stream.skip('else') ? stream.expression() : undefined;
    chosen = { kind: 'choice', condition, chosen, otherwise, at };
  }
  return chosen;
}

/** Reads an expression that an `if` ends: what a loop goes over. */
export function parseWithoutChoice(stream: TokenStream): Expression {
  return stream.nested(() => parseOr(stream));
}

function parseOr(stream: TokenStream): Expression {
  let left = parseAnd(stream);
  while (stream.isName('or')) {
    const { at } = stream.next();
    left = { kind: 'or', left, right: parseAnd(stream), at };
  }
  return left;
}

function parseAnd(stream: TokenStream): Expression {
  let left = parseNot(stream);
  while (stream.isName('and')) {
    const { at } = stream.next();
    left = { kind: 'and', left, right: parseNot(stream), at };
  }
  return left;
}

function parseNot(stream: TokenStream): Expression {
  if (!stream.isName('not')) return parseComparison(stream);
  const { at } = stream.next();
  return { kind: 'unary', operator: 'not', operand: stream.nested(() => parseNot(stream)), at };
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);

function parseComparison(stream: TokenStream): Expression {
  const { at } = stream.current;
  const first = parseSum(stream);
  const rest: { operator: Comparison; operand: Expression; at: number }[] = [];
  for (;;) {
    const here = stream.current.at;
    const operator = readComparison(stream);
    if (operator === undefined) break;
    rest.push({ operator, operand: parseSum(stream), at: here });
  }
  return rest.length === 0 ? first : { kind: 'compare', first, rest, at };
}

function readComparison(stream: TokenStream): Comparison | undefined {
  const { kind, text } = stream.current;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the set holds comparisons alone
  if (kind === 'operator' && COMPARISONS.has(text)) return stream.next().text as Comparison;
  if (stream.skip('in')) return 'in';
  if (!stream.isName('not') || stream.following.text !== 'in') return undefined;
  stream.next();
  stream.next();
  return 'not in';
}

function parseSum(stream: TokenStream): Expression {
  return parseLeftToRight(stream, ['+', '-'], parseConcatenation);
}

function parseConcatenation(stream: TokenStream): Expression {
  const { at } = stream.current;
  const parts = [parseProduct(stream)];
  while (stream.skip('~')) parts.push(parseProduct(stream));
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind: 'concat', parts, at };
}

function parseProduct(stream: TokenStream): Expression {
  return parseLeftToRight(stream, ['*', '/', '//', '%'], parsePower);
}

function parsePower(stream: TokenStream): Expression {
  return parseLeftToRight(stream, ['**'], (inner) => parseUnary(inner, true));
}

function parseLeftToRight(
  stream: TokenStream,
  operators: readonly BinaryOperator[],
  parseOperand: (stream: TokenStream) => Expression,
): Expression {
  let left = parseOperand(stream);
  for (;;) {
    const operator = operators.find((text) => stream.isOperator(text));
    if (operator === undefined) return left;
    const { at } = stream.next();
    left = { kind: 'binary', operator, left, right: parseOperand(stream), at };
  }
}

/** A sign binds closer than a filter: `-n | abs` is `(-n) | abs`. */
function parseUnary(stream: TokenStream, takesFilters: boolean): Expression {
  const node = parseSigned(stream);
  const object = parsePostfix(stream, node);
  return takesFilters ? parseTests(stream, parseFilters(stream, object)) : object;
}

function parseSigned(stream: TokenStream): Expression {
  const { at } = stream.current;
  for (const operator of ['-', '+'] as const) {
    if (stream.skip(operator)) {
      return { kind: 'unary', operator, operand: stream.nested(() => parseUnary(stream, false)), at };
    }
  }
  return parsePrimary(stream);
}
