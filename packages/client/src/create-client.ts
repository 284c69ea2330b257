import {
  buildLogSliceDtoSchema,
  deploymentRequestedDtoSchema,
  dockerfileDtoSchema,
  logsDtoSchema,
  pinDtoSchema,
  PRODUCT_VERSION,
  renewalAnswerSchema,
  type BuildLogSliceDto,
  type DeployPayload,
  type DockerfileDto,
  type DockerfilePayload,
  type ExplanationQuery,
  type LoginPayload,
  type PinDto,
  type PermissionPayload,
  type PermissionQuery,
} from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { createAccountCalls, type AccountCalls } from './account-calls.ts';
import {
  accountAnswerSchema,
  deploymentAnswerSchema,
  explanationAnswerSchema,
  infoAnswerSchema,
  jobAnswerSchema,
  permissionAnswerSchema,
  type AccountAnswer,
  type DeploymentAnswer,
  type ExplanationAnswer,
  type InfoAnswer,
  type JobAnswer,
  type PermissionAnswer,
} from './answer-schemas.ts';
import { createOperationCalls, type OperationCalls } from './operation-calls.ts';
import { createPluginCalls, type PluginCalls } from './plugin-calls.ts';
import { presentDeployBody } from './deploy-body.ts';
import { encodePath } from './encode-path.ts';
import { encodeQuery } from './encode-query.ts';
import { errorFromAnswer } from './error-from-answer.ts';
import {
  requestHeaders,
  send,
  type Answer,
  type Exchange,
  type Fetch,
  type TransferWatch,
  type TransportRequest,
} from './transport.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RETRIES = 2;
/** A server of the original answers when everything is done. */
const RENEWAL_TIMEOUT_MS = 3_600_000;
/** What an upload may take on top of the timeout, per byte: a line of 2 Mbit/s still gets through. */
const UPLOAD_MS_PER_BYTE = 1 / 250;
const JSON_TYPE = 'application/json; charset=utf-8';

export interface ClientOptions {
  /** The resolved lifecycle URL, such as `http://127.0.0.1:7002/lifecycle`. User and password in it become Basic authentication. */
  readonly url: string;
  /** Sent in `X-Racetrack-Auth`; none when undefined or empty. */
  readonly token?: string | undefined;
  /** @defaultValue the global `fetch`, which verifies TLS certificates. */
  readonly fetch?: Fetch | undefined;
  /** For each attempt of a request. @defaultValue 30 seconds, more for uploads */
  readonly timeoutMs?: number | undefined;
  /** Further attempts of a GET after network failures and 502, 503, 504. @defaultValue 2 */
  readonly retries?: number | undefined;
  /** Told about every request when it ends. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
  /** Told what the server adds to an answer that did what was asked. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Overrides {@link ClientOptions.retries} for one request. */
  readonly retries?: number | undefined;
}

export interface CallJobRequest {
  /** Where to, complete: the job's `pub_url` with the endpoint. */
  readonly url: string;
  readonly method: string;
  /** JSON text, or bytes of the type that they name. */
  readonly body?: string | Blob | undefined;
  readonly timeoutMs?: number | undefined;
}

/** The API of lifecycle. Every method throws `PlatformError` with the server's code, or `SERVER_UNREACHABLE`. */
export interface LifecycleClient extends AccountCalls, OperationCalls, PluginCalls {
  /** What the server says about itself; sends no token. */
  info(options?: CallOptions): Promise<InfoAnswer>;
  /** Whose token it is. */
  validateUser(options?: CallOptions): Promise<AccountAnswer>;
  /** Exchanges a password for the account's token; sends no token. */
  login(credentials: LoginPayload, options?: CallOptions): Promise<AccountAnswer & { token: string }>;
  /**
   * Requests a deployment.
   *
   * @param buildContext - pieces of base64 text, instead of one long `build_context` in the payload.
   * @returns the id of the deployment, which goes on at the server.
   */
  deploy(
    payload: DeployPayload,
    options?: CallOptions & { readonly buildContext?: readonly string[] | undefined },
  ): Promise<{ id: string }>;
  /** The Dockerfiles that a job would be built with in containers; servers of the original do not offer it. */
  renderDockerfiles(payload: DockerfilePayload, options?: CallOptions): Promise<DockerfileDto>;
  getDeployment(id: string, options?: CallOptions): Promise<DeploymentAnswer>;
  /** Asks the server to end a deployment that is not published yet; servers of the original do not offer it. */
  cancelDeployment(id: string, options?: CallOptions): Promise<DeploymentAnswer>;
  /** The newest deployments first. */
  listDeployments(limit: number, options?: CallOptions): Promise<DeploymentAnswer[]>;
  /** The build log from a character offset on; servers of the original do not offer it (`NOT_FOUND`). */
  getBuildLogSlice(id: string, offset: number, options?: CallOptions): Promise<BuildLogSliceDto>;
  listJobs(options?: CallOptions): Promise<JobAnswer[]>;
  /** @param version - exact, `latest` or a pattern such as `1.x`. */
  getJob(name: string, version: string, options?: CallOptions): Promise<JobAnswer>;
  deleteJob(name: string, version: string, options?: CallOptions): Promise<void>;
  /**
   * Has a job brought up again. Servers of the original answer only when that has ended.
   *
   * @param version - exact.
   * @returns the id of the deployment, which goes on at the server; undefined when it is done.
   */
  renewJob(
    name: string,
    version: string,
    renewal: Renewal,
    options?: CallOptions,
  ): Promise<string | undefined>;
  /** The last lines of the runtime log. */
  getLogs(name: string, version: string, tail: number, options?: CallOptions): Promise<string>;
  /** The last lines of the build log; 0 means all. */
  getBuildLogs(name: string, version: string, tail: number, options?: CallOptions): Promise<string>;
  /** Why somebody may do something or not; without a subject, the owner of the token. */
  explainPermission(query: ExplanationQuery, options?: CallOptions): Promise<ExplanationAnswer>;
  /** Oldest first. */
  listPermissions(query: PermissionQuery, options?: CallOptions): Promise<PermissionAnswer[]>;
  /** Gives a permission; giving it again changes nothing. */
  grantPermission(permission: PermissionPayload, options?: CallOptions): Promise<PermissionAnswer>;
  /** By number or id. */
  revokePermission(id: string, options?: CallOptions): Promise<void>;
  /** Makes an alias (`latest`, or a wildcard such as `1.x`) stand for an exact version. */
  promoteJob(name: string, version: string, pattern: string, options?: CallOptions): Promise<PinDto>;
  /** Goes back to what an alias stood for before; `null`: it is no longer pinned. */
  undoPin(name: string, pattern: string, options?: CallOptions): Promise<PinDto | null>;
  /** Gives an alias back to the ordinary rule. */
  unpin(name: string, pattern: string, options?: CallOptions): Promise<void>;
  /** The manifest as YAML, with the commit and the job type version that run. */
  getReproducibleManifest(name: string, version: string, options?: CallOptions): Promise<string>;
  /** Calls a job through pub and returns its answer as it is, whatever its status. */
  callJob(request: CallJobRequest, options?: CallOptions): Promise<Answer>;
}

/** How a job is brought up again: built anew from its commit, as it was built, or on another target. */
export type Renewal =
  | { readonly kind: 'redeploy' }
  | { readonly kind: 'reprovision' }
  | { readonly kind: 'move'; readonly target: string };

interface ApiRequest {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly body?: string | Blob;
  readonly label?: string;
  readonly withToken?: boolean;
  /** Instead of that of the options. */
  readonly timeoutMs?: number;
  /** Of the body. @defaultValue JSON */
  readonly contentType?: string;
  readonly transfer?: TransferWatch | undefined;
}

/** Creates a typed client of one lifecycle server. Creating it sends nothing. */
export function createClient(options: ClientOptions): LifecycleClient {
  const { base, authorization } = parseBase(options.url);
  const token = options.token ?? '';
  const { onExchange, onWarning } = options;
  const deps = { fetch: options.fetch ?? globalThis.fetch, onExchange, onWarning };
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;

  async function request(api: ApiRequest, call: CallOptions = {}): Promise<Answer> {
    const method = api.method ?? 'GET';
    const sizeBytes = api.body instanceof Blob ? api.body.size : (api.body?.length ?? 0);
    const complete: TransportRequest = {
      method,
      url: `${base}/api/v1${api.path}`,
      headers: headers(
        api.withToken === false ? '' : token,
        api.body === undefined ? undefined : (api.contentType ?? JSON_TYPE),
      ),
      body: api.body,
      transfer: api.transfer,
      timeoutMs: (api.timeoutMs ?? timeoutMs) + sizeBytes * UPLOAD_MS_PER_BYTE,
      retries: method === 'GET' ? (call.retries ?? options.retries ?? DEFAULT_RETRIES) : 0,
      signal: call.signal,
      label: api.label ?? 'Lifecycle response error',
    };
    const answer = await send(deps, complete);
    if (answer.status >= 400) throw errorFromAnswer(answer, complete.label);
    return answer;
  }

  function headers(auth: string, contentType: string | undefined): Record<string, string> {
    const plain = requestHeaders(auth, `racetrack/${PRODUCT_VERSION}`, contentType);
    return authorization === undefined ? plain : { ...plain, Authorization: authorization };
  }

  async function read<T>(schema: z.ZodType<T>, api: ApiRequest, call?: CallOptions): Promise<T> {
    return parseAnswer(schema, await request(api, call), api.label ?? 'Lifecycle response error');
  }

  const statusLabel = 'Lifecycle deployment status';
  return {
    ...createAccountCalls(read),
    ...createOperationCalls(read, request),
    ...createPluginCalls(read, request),
    info: (call) => read(infoAnswerSchema, { path: '/info', withToken: false }, call),
    validateUser: (call) => read(accountAnswerSchema, { path: '/users/validate_user_auth' }, call),
    login: (credentials, call) =>
      read(
        accountAnswerSchema.extend({ token: z.string() }),
        { path: '/users/login', method: 'POST', body: JSON.stringify(credentials), withToken: false },
        call,
      ),
    deploy: (payload, call) =>
      read(
        deploymentRequestedDtoSchema,
        {
          path: '/deploy',
          method: 'POST',
          body: presentDeployBody(payload, call?.buildContext),
          label: 'Lifecycle deploying error',
        },
        call,
      ),
    renderDockerfiles: (payload, call) =>
      read(
        dockerfileDtoSchema,
        { path: '/deploy/dockerfile', method: 'POST', body: JSON.stringify(payload) },
        call,
      ),
    getDeployment: (id, call) =>
      read(deploymentAnswerSchema, { path: encodePath('deploy', id), label: statusLabel }, call),
    cancelDeployment: (id, call) =>
      read(
        deploymentAnswerSchema,
        { path: encodePath('deploy', id, 'cancel'), method: 'POST', label: 'Lifecycle cancelling error' },
        call,
      ),
    listDeployments: (limit, call) =>
      read(z.array(deploymentAnswerSchema), { path: `/deploy?limit=${limit}` }, call),
    getBuildLogSlice: (id, offset, call) =>
      read(
        buildLogSliceDtoSchema,
        { path: `${encodePath('deploy', id, 'build-logs')}?offset=${offset}`, label: statusLabel },
        call,
      ),
    listJobs: (call) => read(z.array(jobAnswerSchema), { path: '/job' }, call),
    getJob: (name, version, call) => read(jobAnswerSchema, { path: encodePath('job', name, version) }, call),
    async deleteJob(name, version, call) {
      await request({ path: encodePath('job', name, version), method: 'DELETE' }, call);
    },
    async renewJob(name, version, renewal, call) {
      const path = `${encodePath('job', name, version, renewal.kind)}?wait=false`;
      const body = renewal.kind === 'move' ? { infrastructure_target: renewal.target } : {};
      const api = {
        path,
        method: 'POST',
        body: JSON.stringify(body),
        timeoutMs: RENEWAL_TIMEOUT_MS,
      } as const;
      return (await read(renewalAnswerSchema, api, call))?.id;
    },
    async getLogs(name, version, tail, call) {
      const path = `${encodePath('job', name, version, 'logs')}?tail=${tail}`;
      return (await read(logsDtoSchema, { path }, call)).logs;
    },
    async getBuildLogs(name, version, tail, call) {
      const path = `${encodePath('job', name, version, 'build-logs')}?tail=${tail}`;
      return (await read(logsDtoSchema, { path }, call)).logs;
    },
    explainPermission: (query, call) =>
      read(explanationAnswerSchema, { path: `/permissions/explain${encodeQuery(query)}` }, call),
    listPermissions: (query, call) =>
      read(z.array(permissionAnswerSchema), { path: `/permissions${encodeQuery(query)}` }, call),
    grantPermission: (permission, call) =>
      read(
        permissionAnswerSchema,
        { path: '/permissions', method: 'POST', body: JSON.stringify(permission) },
        call,
      ),
    async revokePermission(id, call) {
      await request({ path: encodePath('permissions', id), method: 'DELETE' }, call);
    },
    promoteJob: (name, version, pattern, call) =>
      read(
        pinDtoSchema,
        {
          path: encodePath('job', name, version, 'promote'),
          method: 'POST',
          body: JSON.stringify({ pattern }),
        },
        call,
      ),
    undoPin: (name, pattern, call) =>
      read(
        pinDtoSchema.nullable(),
        { path: encodePath('job', name, 'pins', pattern, 'undo'), method: 'POST' },
        call,
      ),
    async unpin(name, pattern, call) {
      await request({ path: encodePath('job', name, 'pins', pattern), method: 'DELETE' }, call);
    },
    async getReproducibleManifest(name, version, call) {
      const path = `${encodePath('job', name, version, 'manifest')}?reproducible=true`;
      return (await request({ path }, call)).text;
    },
    callJob: (job, call) =>
      // What a job answers is its own.
      send(
        { ...deps, onWarning: undefined },
        {
          method: job.method,
          url: job.url,
          headers: requestHeaders(
            token,
            `racetrack/${PRODUCT_VERSION}`,
            typeof job.body === 'object' ? job.body.type : job.body === undefined ? undefined : JSON_TYPE,
          ),
          body: job.body,
          timeoutMs: job.timeoutMs ?? timeoutMs,
          retries: 0,
          signal: call?.signal,
          keepsCut: true,
          label: 'Job response error',
        },
      ),
  };
}

/** `fetch` refuses user and password in a URL, so they travel as Basic authentication (RFC 7617). */
function parseBase(text: string): { base: string; authorization: string | undefined } {
  if (!URL.canParse(text)) throw new PlatformError('CONFIG_INVALID', `"${text}" is not a URL`);
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new PlatformError('CONFIG_INVALID', `"${text}" is neither an http nor an https URL`);
  }
  const base = url.origin + url.pathname.replace(/\/+$/, '');
  if (url.username === '' && url.password === '') return { base, authorization: undefined };
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const bytes = new TextEncoder().encode(credentials);
  return { base, authorization: `Basic ${btoa(String.fromCodePoint(...bytes))}` };
}

function parseAnswer<T>(schema: z.ZodType<T>, answer: Answer, label: string): T {
  const from = `${answer.method} ${answer.url}`;
  if (!answer.isJson) {
    const type = answer.contentType === '' ? 'no content type' : `"${answer.contentType}"`;
    throw new PlatformError(
      'INTERNAL',
      `${label}: expected JSON response, got ${type}, ${answer.status} for url: ${from}`,
      {
        hint: 'Check that the address is that of a Racetrack lifecycle server: racetrack get remote.',
      },
    );
  }
  const result = schema.safeParse(parseJson(answer, label));
  if (result.success) return result.data;
  throw new PlatformError(
    'INTERNAL',
    `${label}: unexpected answer of ${from}: ${z.prettifyError(result.error)}`,
    {
      hint: 'The server may be of a version that does not fit this client.',
    },
  );
}

function parseJson(answer: Answer, label: string): unknown {
  try {
    return JSON.parse(answer.text);
  } catch (cause) {
    const what = answer.text === '' ? 'no content' : 'broken JSON';
    throw new PlatformError('INTERNAL', `${label}: ${what} in the answer of ${answer.method} ${answer.url}`, {
      cause,
    });
  }
}
