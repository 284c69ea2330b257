import type { Expression } from './nodes.ts';
import type { TokenStream } from './token-stream.ts';

/**
 * Reads one expression, or several with commas between them as a tuple.
 *
 * @param readItem - reads one of them.
 */
export function parseTuple(
  stream: TokenStream,
  readItem: (stream: TokenStream) => Expression = (inner) => inner.expression(),
): Expression {
  const { at } = stream.current;
  const first = readItem(stream);
  if (!stream.isOperator(',')) return first;
  const items = [first];
  while (stream.skip(',') && !endsTuple(stream)) items.push(readItem(stream));
  return { kind: 'tuple', items, at };
}

function endsTuple(stream: TokenStream): boolean {
  return stream.current.kind === 'end' || stream.isOperator(')') || stream.isName('if', 'recursive');
}
