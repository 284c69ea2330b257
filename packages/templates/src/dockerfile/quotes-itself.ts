import type { Expression } from '../syntax/nodes.ts';

/** Filters and methods with which an author quotes a value, or says that it is quoted. */
const QUOTING: ReadonlySet<string> = new Set([
  'safe',
  'tojson',
  'quote',
  'replace',
  'escape',
  'e',
  'forceescape',
  'urlencode',
]);

const known = new WeakMap<Expression, boolean>();

/** Whether an expression takes care of quotes itself, so that nothing may be escaped a second time. */
export function quotesItself(node: Expression): boolean {
  // Once for each node, however often a loop puts it out.
  const before = known.get(node);
  if (before !== undefined) return before;
  const answer = findsQuoting(node);
  known.set(node, answer);
  return answer;
}

function findsQuoting(node: Expression): boolean {
  if (node.kind === 'filter')
    return QUOTING.has(node.name) || (node.input !== undefined && quotesItself(node.input));
  if (node.kind === 'call') return node.callee.kind === 'attribute' && QUOTING.has(node.callee.name);
  if (node.kind === 'concat') return node.parts.some(quotesItself);
  if (node.kind !== 'choice') return false;
  return quotesItself(node.chosen) || (node.otherwise !== undefined && quotesItself(node.otherwise));
}
