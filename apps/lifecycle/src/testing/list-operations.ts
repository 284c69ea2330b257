import { sampleValue, type SampledSchema } from './sample-value.ts';

/** One operation of the API, as the OpenAPI document describes it. */
export interface Operation {
  readonly method: string;
  /** With parameters as `{name}`. */
  readonly path: string;
  /** Whether the document says that no token is needed. */
  readonly isPublic: boolean;
  /** What its body may look like; `undefined` when it takes none. */
  readonly body: SampledSchema | undefined;
  /** The query without which it is refused. */
  readonly query: Readonly<Record<string, string>>;
  /** Names of everything that its query may hold. */
  readonly queryNames: readonly string[];
  /** Parameters of the path that take some words only, with one of them. */
  readonly words: Readonly<Record<string, string>>;
}

interface Described {
  readonly security?: readonly unknown[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: SampledSchema }>>;
  };
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: SampledSchema;
  }[];
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

/** Every operation of a document. */
export function listOperations(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => toOperation(method, path, described)),
  );
}

function toOperation(method: string, path: string, described: Described): Operation {
  const { parameters = [] } = described;
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  const needed = inQuery.filter((parameter) => parameter.required === true);
  const words = parameters.flatMap(({ name, in: place, schema }) =>
    place === 'path' && schema?.enum !== undefined ? [[name, String(schema.enum[0])] as const] : [],
  );
  return {
    method: method.toUpperCase(),
    path,
    isPublic: described.security?.length === 0,
    body: described.requestBody?.content['application/json']?.schema,
    query: Object.fromEntries(needed.map(({ name, schema }) => [name, String(sampleValue(schema ?? {}))])),
    queryNames: inQuery.map(({ name }) => name),
    words: Object.fromEntries(words),
  };
}

/** A path with its parameters filled in; what is not named does not exist. */
export function fillPath(path: string, values: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(values[name] ?? `no-such-${name}`),
  );
}
