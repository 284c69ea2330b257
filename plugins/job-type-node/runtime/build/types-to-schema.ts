import type { Schema } from '../worker/signatures.ts';
import { SchemaBudget } from './schema-budget.ts';
import { child, children, docComment, literalValue, nameOf, type Syntax } from './syntax.ts';

/** Type aliases and interfaces of a file. */
export interface NamedTypes {
  readonly byName: ReadonlyMap<string, Syntax>;
  /** Of all that the file's types are turned into. */
  readonly budget: SchemaBudget;
}

const KEYWORDS: Readonly<Record<string, Schema>> = {
  TSNumberKeyword: { type: 'number' },
  TSStringKeyword: { type: 'string' },
  TSBooleanKeyword: { type: 'boolean' },
  TSNullKeyword: { type: 'null' },
  TSObjectKeyword: { type: 'object' },
};
const LISTS: ReadonlySet<string> = new Set(['Array', 'ReadonlyArray']);
const TRANSPARENT: ReadonlySet<string> = new Set(['Readonly', 'NoInfer']);

/** Collects the types that a file declares. */
export function collectTypes(program: Syntax): NamedTypes {
  const byName = new Map<string, Syntax>();
  for (const statement of children(program, 'body')) {
    const declaration = child(statement, 'declaration') ?? statement;
    const name = nameOf(child(declaration, 'id'));
    const isPlain = child(declaration, 'typeParameters') === undefined;
    if (name === undefined || !isPlain) continue;
    if (declaration.type === 'TSInterfaceDeclaration') byName.set(name, declaration);
    if (declaration.type === 'TSTypeAliasDeclaration') byName.set(name, declaration);
  }
  return { byName, budget: new SchemaBudget() };
}

/**
 * Turns a type into a JSON schema; what cannot be told, or would take too much to, is `{}`, which takes everything.
 *
 * @param seen - names that are being looked at: types that hold themselves end there.
 */
export function toSchema(type: Syntax | undefined, types: NamedTypes, seen: readonly string[] = []): Schema {
  return type === undefined ? {} : types.budget.make(() => compose(type, types, seen));
}

function compose(type: Syntax, types: NamedTypes, seen: readonly string[]): Schema {
  const inside = (inner: Syntax | undefined): Schema => toSchema(inner, types, seen);
  switch (type.type) {
    case 'TSTypeAnnotation':
    case 'TSParenthesizedType':
    case 'TSOptionalType':
      return inside(child(type, 'typeAnnotation'));
    case 'TSTypeOperator':
      return type['operator'] === 'readonly' ? inside(child(type, 'typeAnnotation')) : {};
    case 'TSArrayType':
      return { type: 'array', items: inside(child(type, 'elementType')) };
    case 'TSTupleType':
      return { type: 'array' };
    case 'TSLiteralType':
      return toLiteral(child(type, 'literal'), types);
    case 'TSUnionType':
      return toUnion(children(type, 'types').map(inside), children(type, 'types'));
    case 'TSIntersectionType':
      return toIntersection(children(type, 'types').map(inside));
    case 'TSTypeLiteral':
      return toObject(children(type, 'members'), types, seen);
    case 'TSTypeReference':
      return resolveReference(type, types, seen);
    default:
      return KEYWORDS[type.type] ?? {};
  }
}

function toLiteral(literal: Syntax | undefined, { budget }: NamedTypes): Schema {
  const value = literalValue(literal);
  const fits = budget.spend(typeof value === 'string' ? value.length : 0);
  return value === undefined || !fits ? {} : { enum: [value] };
}

function toUnion(schemas: readonly Schema[], sources: readonly Syntax[]): Schema {
  // JSON has no undefined: a member that may be undefined may be left out, which its "?" says.
  const known = schemas.filter((_schema, index) => sources[index]?.type !== 'TSUndefinedKeyword');
  if (known.some((schema) => Object.keys(schema).length === 0)) return {};
  const [only] = known;
  if (only !== undefined && known.length === 1) return only;
  if (known.every((schema) => schema.enum !== undefined)) {
    return { enum: known.flatMap((schema) => schema.enum ?? []) };
  }
  return { anyOf: known };
}

function toIntersection(schemas: readonly Schema[]): Schema {
  if (!schemas.every((schema) => schema.properties !== undefined)) return {};
  const properties = Object.assign({}, ...schemas.map((schema) => schema.properties)) as Record<
    string,
    Schema
  >;
  return composeObject(properties, [...new Set(schemas.flatMap((schema) => schema.required ?? []))]);
}

function toObject(members: readonly Syntax[], types: NamedTypes, seen: readonly string[]): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  let others: Schema | undefined;
  for (const member of members) {
    if (member.type === 'TSIndexSignature') others = toSchema(child(member, 'typeAnnotation'), types, seen);
    const name = member.type === 'TSPropertySignature' ? nameOf(child(member, 'key')) : undefined;
    if (name === undefined) continue;
    const text = docComment(member);
    const isTold = types.budget.spend(name.length + text.length) && text !== '';
    const schema = toSchema(child(member, 'typeAnnotation'), types, seen);
    properties[name] = isTold ? { ...schema, description: text } : schema;
    if (member['optional'] !== true) required.push(name);
  }
  return {
    ...composeObject(properties, required),
    ...(others === undefined ? {} : { additionalProperties: others }),
  };
}

function composeObject(properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function resolveReference(type: Syntax, types: NamedTypes, seen: readonly string[]): Schema {
  const name = nameOf(child(type, 'typeName')) ?? '';
  const [first, second] = children(child(type, 'typeArguments') ?? child(type, 'typeParameters'), 'params');
  if (LISTS.has(name)) return { type: 'array', items: toSchema(first, types, seen) };
  if (name === 'Record') return { type: 'object', additionalProperties: toSchema(second, types, seen) };
  if (TRANSPARENT.has(name)) return toSchema(first, types, seen);
  if (name === 'Partial') {
    const { required: _required, ...schema } = toSchema(first, types, seen);
    return schema;
  }
  const declaration = types.byName.get(name);
  if (declaration === undefined || seen.includes(name)) return {};
  if (declaration.type === 'TSTypeAliasDeclaration') {
    return toSchema(child(declaration, 'typeAnnotation'), types, [...seen, name]);
  }
  const own = toObject(children(child(declaration, 'body'), 'body'), types, [...seen, name]);
  const bases = children(declaration, 'extends').map((base) => {
    const typeName = child(base, 'expression');
    return typeName === undefined
      ? {}
      : toSchema({ type: 'TSTypeReference', typeName }, types, [...seen, name]);
  });
  return bases.length === 0 ? own : toIntersection([...bases, own]);
}
