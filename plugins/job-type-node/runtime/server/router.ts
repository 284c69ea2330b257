import type { Endpoint } from './call.ts';
import type { Documents } from './documents.ts';
import type { Log } from './log.ts';
import { removeQuery, splitPath } from './paths.ts';
import type { Probes } from './probes.ts';
import type { Reply } from './reply.ts';
import { composeHttpError, JSON_TYPE } from './responses.ts';

export interface RouterDeps {
  readonly probes: Probes;
  readonly documents: Documents;
  /** By their path, such as `/api/v1/perform`; empty until the job is ready. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly log: Log;
}

/** What matters of a request besides its body. */
export interface RequestFacts {
  readonly method: string;
  readonly target: string;
  /** Empty when it has none, as the next two. */
  readonly contentType: string;
  readonly tracingId: string;
  readonly caller: string;
}

const SILENT = new Set(['/live', '/ready', '/health', '/metrics', '/metrics/']);

/** Decides what a request is for. */
export class Router {
  readonly #deps: RouterDeps;

  constructor(deps: RouterDeps) {
    this.#deps = deps;
  }

  /** Answers whatever is no call. The endpoint of a call is for who asks to go on with. */
  route({ method, target, tracingId }: RequestFacts, reply: Reply): Endpoint | undefined {
    const { prefix, path } = splitPath(removeQuery(target));
    const refuse = (status: number, message: string, ...more: string[]): undefined => {
      reply.answer(status, JSON_TYPE, composeHttpError(message, tracingId), ...more);
    };
    const endpoint = this.#deps.endpoints.get(path);
    if (endpoint !== undefined) {
      return method === 'POST' ? endpoint : refuse(405, 'Method Not Allowed', 'Allow', 'POST');
    }
    const handler = this.#deps.documents.find(path);
    if (handler === undefined) return refuse(404, this.#explainMissing(path));
    if (method !== 'GET' && method !== 'HEAD') {
      return refuse(405, 'Method Not Allowed', 'Allow', 'GET, HEAD');
    }
    handler(reply, prefix);
    return undefined;
  }

  /** Writes the line of an answered request, unless it is a probe that succeeded. */
  logAnswer({ method, target, tracingId, caller }: RequestFacts, status: number): void {
    const path = removeQuery(target);
    if (status < 400 && SILENT.has(splitPath(path).path)) return;
    this.#deps.log.request(method, path, status, tracingId, caller);
  }

  #explainMissing(path: string): string {
    const { probes } = this.#deps;
    if (probes.error !== null) return `Not Found: the job failed to initialise: ${probes.error}`;
    if (!probes.isReady) return 'Not Found: the job is still initialising';
    return `Not Found: the job has nothing at ${path}`;
  }
}
