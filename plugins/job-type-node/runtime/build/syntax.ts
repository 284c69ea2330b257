/** A node of the syntax tree, read without trusting its shape. */
export interface Syntax {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface SyntaxComment {
  readonly type: string;
  readonly value: string;
}

export interface SyntaxFile {
  readonly program: Syntax;
}

/** Parses JavaScript or TypeScript. @throws an error with `loc`. */
export type ParseSource = (text: string) => SyntaxFile;

/** A field that holds a node. */
export function child(node: Syntax | undefined, field: string): Syntax | undefined {
  const value = node?.[field];
  return isSyntax(value) ? value : undefined;
}

/** A field that holds a list of nodes. */
export function children(node: Syntax | undefined, field: string): Syntax[] {
  const value = node?.[field];
  return Array.isArray(value) ? value.filter(isSyntax) : [];
}

/** The name that an identifier or a text literal stands for. */
export function nameOf(node: Syntax | undefined): string | undefined {
  const value = node?.type === 'Identifier' ? node['name'] : node?.['value'];
  return typeof value === 'string' ? value : undefined;
}

/** The last documentation comment in front of a node. */
export function docComment(node: Syntax | undefined): string {
  const comments = (node?.['leadingComments'] ?? []) as readonly SyntaxComment[];
  const last = comments.findLast(({ type, value }) => type === 'CommentBlock' && value.startsWith('*'));
  return (last?.value ?? '')
    .replace(/^\*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim();
}

/** The value of a literal that JSON knows; `undefined` for anything else. */
export function literalValue(node: Syntax | undefined): unknown {
  switch (node?.type) {
    case 'NumericLiteral':
    case 'StringLiteral':
    case 'BooleanLiteral':
      return node['value'];
    case 'NullLiteral':
      return null;
    case 'UnaryExpression': {
      const value = literalValue(child(node, 'argument'));
      return node['operator'] === '-' && typeof value === 'number' ? -value : undefined;
    }
    case 'ArrayExpression':
      return children(node, 'elements').length === 0 ? [] : undefined;
    case 'ObjectExpression':
      return children(node, 'properties').length === 0 ? {} : undefined;
    default:
      return undefined;
  }
}

function isSyntax(value: unknown): value is Syntax {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
