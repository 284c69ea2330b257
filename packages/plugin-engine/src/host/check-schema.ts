import type { ErrorObject, ValidateFunction } from 'ajv';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import type { JsonSchema } from '@racetrack-platform/plugin-sdk';
import { explainUnknown } from '../explain-issues.ts';

/** Fields that are told at once. */
const MAX_PROBLEMS = 10;

/** Answers the problems of a value, each beginning with its field; none: it is as it should be. */
export type CheckData = (data: unknown) => readonly string[];

/**
 * Makes a check of a JSON Schema: draft 7, or 2020-12 when its `$schema` says so.
 *
 * @param what - how the schema is called, for its author.
 * @param root - how the value is called, put in front of its fields: `jobtype_extra`.
 * @throws PlatformError `PLUGIN_FAILED` when it is no schema.
 */
export async function compileSchema(schema: JsonSchema, what: string, root: string): Promise<CheckData> {
  const validate = await compile(schema, what);
  return (data) => {
    if (validate(data)) return [];
    const problems = (validate.errors ?? []).map((error) => describeProblem(root, error));
    return [...new Set(problems)].slice(0, MAX_PROBLEMS);
  };
}

/** The library is loaded only where there is a schema: most hosts start without. */
async function compile({ $schema, ...schema }: JsonSchema, what: string): Promise<ValidateFunction> {
  // A keyword or a format that is not known to us is the author's note.
  const options = {
    allErrors: true,
    strict: false,
    logger: false,
    validateFormats: false,
    verbose: true,
  } as const;
  try {
    const isNew = typeof $schema === 'string' && $schema.includes('2020-12');
    const ajv = isNew
      ? new (await import('ajv/dist/2020.js')).Ajv2020(options)
      : new (await import('ajv')).Ajv(options);
    return ajv.compile(schema);
  } catch (error) {
    throw new PlatformError('PLUGIN_FAILED', `${what} is no JSON Schema: ${messageOf(error)}`, {
      hint: 'Write it as draft 7 of JSON Schema has it, or name another one as `$schema`.',
      cause: error,
    });
  }
}

/** `root.field.0`: the field that is meant, also where it is missing or not known. */
function nameField(root: string, { instancePath, keyword, params }: ErrorObject): string {
  const parts = instancePath.split('/').slice(1).map(decodePart);
  const named: unknown =
    keyword === 'required'
      ? params['missingProperty']
      : keyword === 'additionalProperties'
        ? params['additionalProperty']
        : undefined;
  return [root, ...parts, ...(typeof named === 'string' ? [named] : [])].join('.');
}

/** JSON Pointer, RFC 6901 section 4. */
function decodePart(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function describeProblem(root: string, error: ErrorObject): string {
  const field = nameField(root, error);
  if (error.keyword !== 'additionalProperties') return `${field} ${explain(error)}`;
  const properties: unknown = error.parentSchema?.['properties'] ?? {};
  return explainUnknown(field, String(error.params['additionalProperty']), Object.keys(properties as object));
}

/** Never with the value itself, which may be a secret. */
function explain({ keyword, message, params }: ErrorObject): string {
  if (keyword === 'required') return 'is missing';
  if (keyword === 'enum') return `must be one of ${JSON.stringify(params['allowedValues'])}`;
  return message ?? 'is not as it should be';
}
