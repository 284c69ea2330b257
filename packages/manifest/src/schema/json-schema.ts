import { z } from 'zod';
import { manifestSchema } from './manifest-schema.ts';

type Schema = Record<string, unknown>;

/**
 * The manifest as JSON Schema for editors, draft-07: the version that every YAML extension understands.
 *
 * It is a little wider than `parseManifest`, which also compares fields with each other. A manifest with
 * `extends` need not be complete.
 */
export function manifestJsonSchema(): Schema {
  const { $schema, required, ...rest } = simplify(
    z.toJSONSchema(manifestSchema, { target: 'draft-07', io: 'input' }),
  );
  const properties = rest['properties'] as Record<string, Schema>;
  const { required: requiredInGit, ...git } = properties['git'] ?? {};
  return {
    $schema,
    title: 'Racetrack job manifest',
    description: 'job.yaml: what a job is called, where its source is, and how it runs.',
    ...rest,
    properties: { ...properties, git },
    if: { required: ['extends'], properties: { extends: { type: 'string' } } },
    else: {
      required,
      properties: { git: { required: requiredInGit } },
      oneOf: [{ required: ['jobtype'] }, { required: ['lang'] }],
    },
  };
}

/** Says the same with fewer words, so that editors show the fields better: no null defaults, no nested choices. */
function simplify(schema: Schema): Schema {
  const simpler = Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !(key === 'default' && value === null) && !isAnyName(key, value))
      .map(([key, value]) => [key, key === 'examples' ? value : simplifyPart(value)]),
  );
  const { anyOf, ...outer } = simpler;
  if (!Array.isArray(anyOf)) return simpler;
  const [choice, none] = anyOf as Schema[];
  if (choice === undefined || anyOf.length !== 2 || none?.['type'] !== 'null') return simpler;
  if (Array.isArray(choice['anyOf'])) return { ...outer, anyOf: [...choice['anyOf'], none] };
  return { ...choice, ...outer, type: [choice['type'], 'null'] };
}

function simplifyPart(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simplifyPart);
  return typeof value === 'object' && value !== null ? simplify(value as Schema) : value;
}

function isAnyName(key: string, value: unknown): boolean {
  return key === 'propertyNames' && JSON.stringify(value) === '{"type":"string"}';
}
