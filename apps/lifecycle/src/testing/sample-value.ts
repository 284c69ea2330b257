/** As much of JSON Schema as the OpenAPI document uses where something is required. */
export interface SampledSchema {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SampledSchema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, SampledSchema>>;
  readonly minLength?: number;
  readonly minimum?: number;
}

/** The smallest value that a schema takes; refinements beyond the schema are the caller's to meet. */
export function sampleValue(schema: SampledSchema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.anyOf?.[0] !== undefined) return sampleValue(schema.anyOf[0]);
  const type = typeof schema.type === 'string' ? schema.type : schema.type?.[0];
  switch (type) {
    case 'string':
      return 'x'.repeat(schema.minLength ?? 1);
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    case 'object':
      return sampleObject(schema);
    default:
      return null;
  }
}

function sampleObject({ required = [], properties = {} }: SampledSchema): Record<string, unknown> {
  return Object.fromEntries(required.map((name) => [name, sampleValue(properties[name] ?? {})]));
}
