import type { EndpointDescription, JobDescription } from '../shared/protocol.ts';
import { listParameters, readSignatures, type CallSignature } from './signatures.ts';
import { listStaticFiles } from './static-files.ts';

type Anything = Readonly<Record<string, unknown>>;
type JobFunction = (input: unknown, context: unknown) => unknown;

/** A function of the job and what is known of its arguments. */
export interface JobEndpoint {
  readonly target: Anything;
  readonly function: JobFunction;
  readonly signature: CallSignature | undefined;
}

/** An initialised job. */
export interface Job {
  /** In the order of the description. */
  readonly endpoints: readonly JobEndpoint[];
  readonly description: JobDescription;
  readonly readMetrics: (() => unknown) | undefined;
}

/** Asks the entrypoint what it has. @throws Error for what makes no sense, or what the job's code throws. */
export async function describeJob(entrypoint: Anything, signaturePath: string): Promise<Job> {
  const signatures = readSignatures(signaturePath);
  const call = async (...names: readonly string[]): Promise<unknown> => {
    const method = names.map((name) => entrypoint[name]).find((found) => found !== undefined);
    return typeof method === 'function' ? await (Reflect.apply(method, entrypoint, []) as unknown) : method;
  };
  const functions = new Map<string, JobFunction>();
  if (isFunction(entrypoint['perform'])) functions.set('/perform', entrypoint['perform']);
  const auxiliary = await call('auxiliary_endpoints', 'auxiliaryEndpoints');
  for (const [path, target] of Object.entries((auxiliary ?? {}) as Anything)) {
    if (!isFunction(target)) throw new TypeError(`auxiliary endpoint ${path} is not a function`);
    functions.set(withSlash(path), target);
  }
  const examples = ((await call('docs_input_examples', 'docsInputExamples')) ?? {}) as Anything;
  const mainExample = await call('docs_input_example', 'docsInputExample');
  const ownParameters = await call('parameters');

  const endpoints: JobEndpoint[] = [];
  const described: EndpointDescription[] = [];
  for (const [path, target] of functions) {
    const signature = signatures.find(entrypoint, target);
    const isMain = path === '/perform';
    endpoints.push({ target: entrypoint, function: target, signature });
    described.push({
      path,
      text: signature?.text ?? '',
      schema: signature?.schema ?? {},
      result: signature?.result ?? { form: 'json' },
      parameters: isMain && Array.isArray(ownParameters) ? ownParameters : listParameters(signature),
      example: examples[path] ?? (isMain ? mainExample : undefined) ?? {},
    });
  }
  const readMetrics = entrypoint['metrics'];
  const staticFiles = listStaticFiles(await call('static_endpoints', 'staticEndpoints'));
  if (functions.size === 0 && staticFiles.length === 0) {
    throw new Error('the entrypoint offers nothing to call: give it a method perform');
  }
  const description = {
    endpoints: described,
    staticFiles,
    hasMetrics: typeof readMetrics === 'function',
  };
  // What the job says is copied to another thread: a plain copy shows here what could not be.
  return {
    endpoints,
    description: JSON.parse(JSON.stringify(description)) as JobDescription,
    readMetrics:
      typeof readMetrics === 'function'
        ? () => Reflect.apply(readMetrics, entrypoint, []) as unknown
        : undefined,
  };
}

function isFunction(value: unknown): value is JobFunction {
  return typeof value === 'function';
}

function withSlash(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}
