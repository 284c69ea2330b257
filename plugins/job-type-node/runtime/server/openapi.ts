import type { EndpointDescription, JobDescription } from '../shared/protocol.ts';
import type { Settings } from '../shared/settings.ts';

type Json = Readonly<Record<string, unknown>>;

const BINARY = 'application/octet-stream';
const ANY_VALUE = { schema: {}, example: 'any JSON value' };
const PARAMETERS = { 'application/json': { schema: { type: 'array', items: { type: 'object' } } } };
const PROBES: Readonly<Record<string, string>> = {
  '/live': 'Whether the process is alive',
  '/ready': 'Whether the job takes calls',
  '/health': 'What the job knows about itself',
  '/metrics': 'Metrics in the Prometheus text format',
};

/**
 * The OpenAPI document of a job.
 *
 * @param job - `undefined` before it is initialised: only the probes are described then.
 * @param base - the prefix under which the document was asked for; empty: the job's own.
 */
export function describeApi(settings: Settings, job: JobDescription | undefined, base: string): Json {
  const own = `/pub/job/${settings.jobName}/${settings.jobVersion}`;
  return {
    openapi: '3.1.0',
    info: {
      title: `Job - ${settings.jobName}`,
      description:
        job?.endpoints.find(({ path }) => path === '/perform')?.text || 'A job served by Racetrack',
      version: settings.jobVersion,
    },
    servers: [
      { url: base || own, description: 'proxy prefixed path' },
      { url: '/', description: 'root base path' },
    ],
    paths: describePaths(job),
    components: {
      securitySchemes: { racetrackAuth: { type: 'apiKey', in: 'header', name: 'X-Racetrack-Auth' } },
    },
    security: [{ racetrackAuth: [] }],
    tags: [
      { name: 'API', description: 'Operations of the job' },
      { name: 'root', description: 'State of the job' },
    ],
  };
}

function describePaths(job: JobDescription | undefined): Json {
  const paths: Record<string, Json> = {};
  for (const [path, summary] of Object.entries(PROBES)) {
    paths[path] = {
      get: { tags: ['root'], summary, operationId: path.slice(1), responses: { 200: { description: 'OK' } } },
    };
  }
  for (const endpoint of job?.endpoints ?? []) {
    paths[`/api/v1${endpoint.path}`] = { post: describeEndpoint(endpoint) };
    if (endpoint.path === '/perform') {
      paths['/api/v1/parameters'] = {
        get: describeGet('List the parameters of the main action', 'parameters', PARAMETERS),
      };
    }
  }
  for (const { path } of job?.staticFiles ?? []) {
    const operation = `static_endpoint_${path.replaceAll('/', '_')}`;
    paths[`/api/v1${path}`] = { get: describeGet(`Fetch static file: ${path}`, operation) };
  }
  return paths;
}

function describeEndpoint({ path, text, schema, result, example }: EndpointDescription): Json {
  const isMain = path === '/perform';
  const action = isMain ? 'Call main action' : `Call auxiliary endpoint: ${path}`;
  const body = { type: 'object', title: 'Payload', ...schema, default: example };
  return {
    tags: ['API'],
    summary: summarise(text) || action,
    description: text || action,
    operationId: isMain ? 'perform' : `auxiliary_endpoint_${path.replaceAll('/', '_')}`,
    requestBody: { required: true, content: { 'application/json': { schema: body } } },
    responses: {
      200: describeResult(result),
      400: describeError('The input was refused'),
      422: describeError('The body is not a JSON object'),
      500: describeError('The job failed'),
    },
  };
}

/** The first sentence as plain text, which is how pages show a summary. */
function summarise(text: string): string {
  const [paragraph = ''] = text.split(/\n\s*\n/);
  const line = paragraph.replaceAll(/\s+/g, ' ').trim();
  return line.replace(/(?<=[.!?]) .*$/, '').replaceAll(/\*\*|`|^#+ /g, '');
}

function describeResult({ form, schema }: EndpointDescription['result']): Json {
  const value = { schema: schema ?? {} };
  switch (form) {
    case 'bytes':
      return { description: 'OK', content: { [BINARY]: { schema: { type: 'string', format: 'binary' } } } };
    case 'stream':
      return {
        description: 'A stream, one value after the other; one that fails midway is cut',
        // The first is what the page asks for, and it can show no lines of JSON.
        content: { 'text/event-stream': { schema: { type: 'string' } }, 'application/x-ndjson': value },
      };
    case 'json':
      // Of nothing known a page would make up an example of its own.
      return { description: 'OK', content: { 'application/json': schema === undefined ? ANY_VALUE : value } };
  }
}

function describeError(description: string): Json {
  const properties = { error: { type: 'string' }, type: { type: 'string' }, detail: {} };
  const schema = { type: 'object', properties, required: ['error'] };
  return { description, content: { 'application/json': { schema } } };
}

function describeGet(summary: string, operationId: string, content?: Json): Json {
  const answer = { description: 'OK', ...(content === undefined ? {} : { content }) };
  return { tags: ['API'], summary, operationId, responses: { 200: answer } };
}
