import type { CallSignature, Schema, SignatureFile } from '../worker/signatures.ts';
import { parseJsDoc } from './jsdoc.ts';
import { readResult } from './result-signature.ts';
import {
  child,
  children,
  docComment,
  literalValue,
  nameOf,
  type ParseSource,
  type Syntax,
  type SyntaxFile,
} from './syntax.ts';
import { collectTypes, toSchema, type NamedTypes } from './types-to-schema.ts';

/**
 * Reads what a file says of its functions: those at the top, and the methods of classes and objects at the top. The first
 * parameter is the input; its type, its JSDoc, or at least the names that it is taken apart into.
 */
export function collectSignatures(file: SyntaxFile, parse: ParseSource): SignatureFile {
  const types = collectTypes(file.program);
  const signatures: Record<string, CallSignature> = {};
  const add = (
    owner: string,
    name: string | undefined,
    callee: Syntax | undefined,
    comment: string,
  ): void => {
    if (name === undefined || callee === undefined) return;
    signatures[owner === '' ? name : `${owner}.${name}`] = describe(callee, comment, types, parse);
  };

  function visit(name: string | undefined, value: Syntax | undefined, comment: string): void {
    switch (value?.type) {
      case 'ClassDeclaration':
      case 'ClassExpression':
        for (const member of children(child(value, 'body'), 'body')) {
          const callee = member.type === 'ClassMethod' ? member : asFunction(child(member, 'value'));
          add(
            nameOf(child(value, 'id')) ?? name ?? '',
            nameOf(child(member, 'key')),
            callee,
            docComment(member),
          );
        }
        break;
      case 'ObjectExpression':
        for (const member of children(value, 'properties')) {
          const callee = member.type === 'ObjectMethod' ? member : asFunction(child(member, 'value'));
          add('', nameOf(child(member, 'key')), callee, docComment(member));
        }
        break;
      default: {
        const callee = asFunction(value);
        add('', nameOf(child(callee, 'id')) ?? name, callee, comment);
      }
    }
  }

  for (const statement of children(file.program, 'body')) {
    const declaration = child(statement, 'declaration') ?? statement;
    const comment = docComment(statement) || docComment(declaration);
    const fallback = statement.type === 'ExportDefaultDeclaration' ? 'default' : undefined;
    for (const variable of children(declaration, 'declarations')) {
      visit(nameOf(child(variable, 'id')), child(variable, 'init'), comment);
    }
    const assignment = child(declaration, 'expression');
    if (assignment?.type === 'AssignmentExpression') {
      visit(nameOf(child(child(assignment, 'left'), 'property')), child(assignment, 'right'), comment);
    } else {
      visit(fallback, declaration, comment);
    }
  }
  return signatures;
}

function asFunction(value: Syntax | undefined): Syntax | undefined {
  const isFunction = value !== undefined && /^(?:Arrow)?Function(?:Declaration|Expression)$/.test(value.type);
  return isFunction ? value : undefined;
}

function describe(callee: Syntax, comment: string, types: NamedTypes, parse: ParseSource): CallSignature {
  const [first] = children(callee, 'params');
  const parameter = first?.type === 'AssignmentPattern' ? child(first, 'left') : first;
  const pattern = parameter?.type === 'ObjectPattern' ? parameter : undefined;
  const members = children(pattern, 'properties').map((member) => nameOf(child(member, 'key')) ?? '');
  const { text, schema: documented, result: documentedResult } = parseJsDoc(comment, members, parse, types);
  const annotation = child(parameter, 'typeAnnotation');
  const typed =
    annotation === undefined ? documented : closed(explain(toSchema(annotation, types), documented));
  const schema = pattern === undefined ? typed : joinPattern(pattern, typed);
  const result = readResult(callee, documentedResult, types);
  return { text, ...(schema === undefined ? {} : { schema }), ...(result === undefined ? {} : { result }) };
}

/** Types do not say what members are for; comments may. */
function explain(typed: Schema, documented: Schema | undefined): Schema {
  if (typed.properties === undefined || documented?.properties === undefined) return typed;
  const properties: Record<string, Schema> = { ...typed.properties };
  for (const [name, schema] of Object.entries(properties)) {
    const description = schema.description ?? documented.properties[name]?.description;
    if (description !== undefined) properties[name] = { ...schema, description };
  }
  return { ...typed, properties };
}

/** A known type of the input takes no other members. */
function closed(schema: Schema): Schema | undefined {
  if (schema.properties === undefined) return undefined;
  return schema.additionalProperties === undefined ? { ...schema, additionalProperties: false } : schema;
}

/** `{numbers, scale = 1, ...rest}` tells names, what may be left out, and whether there may be more. */
function joinPattern(pattern: Syntax, known: Schema | undefined): Schema {
  const properties: Record<string, Schema> = { ...known?.properties };
  const required = new Set(known?.required);
  let isOpen = false;
  for (const member of children(pattern, 'properties')) {
    if (member.type === 'RestElement') {
      isOpen = true;
      continue;
    }
    const name = nameOf(child(member, 'key'));
    if (name === undefined) continue;
    const value = child(member, 'value');
    const isDefaulted = value?.type === 'AssignmentPattern';
    const standard = isDefaulted ? literalValue(child(value, 'right')) : undefined;
    properties[name] = { ...properties[name], ...(standard === undefined ? {} : { default: standard }) };
    if (isDefaulted) required.delete(name);
    else if (known?.properties?.[name] === undefined) required.add(name);
  }
  return {
    type: 'object',
    properties,
    required: [...required],
    additionalProperties: known?.additionalProperties ?? isOpen,
  };
}
