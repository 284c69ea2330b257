import { child, children, type Syntax } from './syntax.ts';

const ENUM =
  'enums are not JavaScript, and Node.js only removes types: use an object "as const", or compile the job first';
const NAMESPACE = 'namespaces with code are not JavaScript, and Node.js only removes types: use a module';
const PARAMETER =
  'parameter properties are not JavaScript, and Node.js only removes types: assign the field in the constructor';

/** The first thing at the top of a file that Node's removal of types does not take. */
export function findUnsupported(
  program: Syntax,
): { readonly line: number; readonly message: string } | undefined {
  for (const statement of children(program, 'body')) {
    const declaration = child(statement, 'declaration') ?? statement;
    const message = explain(declaration);
    if (message !== undefined && declaration['declare'] !== true)
      return { line: lineOf(declaration), message };
  }
  return undefined;
}

function explain(declaration: Syntax): string | undefined {
  if (declaration.type === 'TSEnumDeclaration') return ENUM;
  if (declaration.type === 'TSModuleDeclaration') return NAMESPACE;
  const members = children(child(declaration, 'body'), 'body');
  const hasProperty = members.some((member) =>
    children(member, 'params').some(({ type }) => type === 'TSParameterProperty'),
  );
  return declaration.type === 'ClassDeclaration' && hasProperty ? PARAMETER : undefined;
}

function lineOf(node: Syntax): number {
  return (node['loc'] as { readonly start: { readonly line: number } }).start.line;
}
