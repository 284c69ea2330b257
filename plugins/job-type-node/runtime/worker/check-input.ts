import type { Schema } from './signatures.ts';

/** An argument that is missing, unknown, or of another type: 400. */
export class ValueError extends Error {
  override name = 'ValueError';
}

/**
 * Compares an input with its schema.
 *
 * @throws ValueError naming the first field that does not fit.
 */
export function checkInput(input: Readonly<Record<string, unknown>>, schema: Schema): void {
  const { properties = {}, required = [] } = schema;
  for (const name of required) if (!Object.hasOwn(input, name)) refuseNames(input, schema);
  for (const name in input) {
    const member = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (member === undefined) {
      if (schema.additionalProperties === false) refuseNames(input, schema);
      continue;
    }
    const problem = findProblem(input[name], member, name);
    if (problem !== undefined) throw new ValueError(`argument ${problem}`);
  }
}

/** All names at once: one that is missing is often one that is misspelt. */
function refuseNames(input: Readonly<Record<string, unknown>>, schema: Schema): never {
  const { properties = {}, required = [], additionalProperties } = schema;
  const missing = required.filter((name) => !Object.hasOwn(input, name));
  const unknown =
    additionalProperties === false
      ? Object.keys(input).filter((name) => !Object.hasOwn(properties, name))
      : [];
  const known = Object.keys(properties).join(', ') || 'none';
  const problems = [
    ...(missing.length === 0 ? [] : [`missing ${plural(missing)}`]),
    ...(unknown.length === 0 ? [] : [`unknown ${plural(unknown)} (known: ${known})`]),
  ];
  throw new ValueError(problems.join('; '));
}

function plural(names: readonly string[]): string {
  return `argument${names.length === 1 ? '' : 's'}: ${names.join(', ')}`;
}

function findProblem(value: unknown, schema: Schema, path: string): string | undefined {
  if (schema.anyOf !== undefined) return findProblemOfAll(value, schema.anyOf, path);
  if (schema.enum !== undefined) {
    if (schema.enum.includes(value)) return undefined;
    return `${path} must be one of ${schema.enum.map((one) => JSON.stringify(one)).join(', ')}`;
  }
  if (schema.type !== undefined && !isOfType(value, schema.type)) {
    return `${path} must be of type ${schema.type}, but is ${nameOf(value)}`;
  }
  if (Array.isArray(value)) return findProblemOfItems(value, schema.items, path);
  return typeof value === 'object' && value !== null
    ? findProblemOfMembers(value as Readonly<Record<string, unknown>>, schema, path)
    : undefined;
}

function findProblemOfAll(value: unknown, schemas: readonly Schema[], path: string): string | undefined {
  const problems = schemas.map((schema) => findProblem(value, schema, path));
  return problems.includes(undefined) ? undefined : [...new Set(problems)].join(', or ');
}

function findProblemOfItems(
  items: readonly unknown[],
  schema: Schema | undefined,
  path: string,
): string | undefined {
  if (schema === undefined) return undefined;
  for (const [index, item] of items.entries()) {
    const problem = findProblem(item, schema, `${path}[${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function findProblemOfMembers(
  value: Readonly<Record<string, unknown>>,
  { properties = {}, required = [], additionalProperties }: Schema,
  path: string,
): string | undefined {
  const missing = required.find((name) => !Object.hasOwn(value, name));
  if (missing !== undefined) return `${path}.${missing} is missing`;
  for (const [name, item] of Object.entries(value)) {
    const others = typeof additionalProperties === 'object' ? additionalProperties : undefined;
    const schema = Object.hasOwn(properties, name) ? properties[name] : others;
    const problem = schema === undefined ? undefined : findProblem(item, schema, `${path}.${name}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
