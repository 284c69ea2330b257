import fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
} from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { TRACING_HEADER, type ProxyTrust } from '@racetrack-platform/contracts';
import { messageOf } from '@racetrack-platform/errors';
import { isStoreOutage, STORE_AWAY } from '../store/store-outage.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { limitPauses, refuseBroken } from './broken-requests.ts';
import { addNotFoundHandler } from './not-found.ts';
import { presentFailure } from './present-failure.ts';
import { chooseRequestId } from './request-id.ts';

export interface ServerLimits {
  /** Of a body, unless its route says otherwise. */
  readonly bodyBytes: number;
  /** For receiving a whole request, body included. */
  readonly requestTimeoutMs: number;
  /** For receiving its head. */
  readonly headTimeoutMs: number;
  /** Without a byte of a body that is not complete. */
  readonly bodyPauseMs: number;
  /** How often heads and whole requests are looked at. */
  readonly checkIntervalMs: number;
}

const DEFAULT_LIMITS: ServerLimits = {
  bodyBytes: 1_048_576,
  requestTimeoutMs: 600_000,
  headTimeoutMs: 20_000,
  bodyPauseMs: 30_000,
  checkIntervalMs: 5_000,
};

/** The route that shows one job. */
const ONE_JOB = '/api/v1/job/:name/:version';

/** What a client is told to wait when the store is away. */
const RETRY_AFTER_SECONDS = 5;

/** Job names, versions and plugin files in paths: longer than the framework's 100. */
const MAX_PARAMETER_LENGTH = 500;

export interface CreateServerOptions {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Prefix under which everything answers a second time, such as `/lifecycle`. */
  readonly prefix: string;
  readonly limits?: Partial<ServerLimits> | undefined;
  /** Which peers may say who their clients are. @defaultValue none */
  readonly trustsProxy?: ProxyTrust;
  /** Makes the answers to changes wait until they are in force everywhere. @defaultValue they do not wait */
  readonly holdAnswers?: (app: FastifyInstance) => void;
}

/**
 * What both HTTP servers of lifecycle have in common: request ids, logs, metrics, errors, limits. Not listening, no routes.
 */
export function createServer(options: CreateServerOptions): FastifyInstance {
  const { logger, metrics, prefix } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  // Named by its interface, or the app would be of a type that no plugin is written for.
  const loggerInstance: FastifyBaseLogger = logger;
  const app = fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    requestIdHeader: false,
    trustProxy: options.trustsProxy ?? false,
    genReqId: chooseRequestId,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    http: { headersTimeout: limits.headTimeoutMs, connectionsCheckingInterval: limits.checkIntervalMs },
    clientErrorHandler: refuseBroken,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAMETER_LENGTH },
    rewriteUrl: (request) => dropPrefix(request.url ?? '/', prefix),
    frameworkErrors: (error, request, reply) => {
      const { status, body } = presentFailure(error, request.id);
      // The types of this one hook know no answers at all.
      const answer = reply as unknown as FastifyReply;
      void answer.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
    },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  addTelemetry(app, metrics);
  options.holdAnswers?.(app);
  limitPauses(app, limits.bodyPauseMs);
  addErrorHandler(app, metrics);
  addNullBodies(app);
  addNotFoundHandler(app);
  app.get(
    prefix,
    { schema: { hide: true } },
    async (_request, reply) => await reply.redirect(`${prefix}/`, 307),
  );
  return app;
}

/** One set of routes serves both forms; a request in absolute form (RFC 9112, 3.2.2) loses scheme and host as well. */
function dropPrefix(url: string, prefix: string): string {
  const path = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '') || '/';
  return path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : path;
}

function addTelemetry(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onRequest', async (request, reply) => {
    metrics.requestsStarted.inc();
    reply.header(TRACING_HEADER, request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.requestsDone.inc();
    metrics.requestDuration.observe(reply.elapsedTime / 1_000);
    const { method, routeOptions } = request;
    const { statusCode, elapsedTime } = reply;
    if (method === 'GET' && routeOptions.url === ONE_JOB)
      metrics.jobFetchDuration.observe(elapsedTime / 1_000);
    // The pattern of the route, not the URL: nobody's secrets can stand in it.
    const fields = {
      method,
      route: routeOptions.url ?? null,
      statusCode,
      durationMs: Math.round(elapsedTime),
    };
    request.log.debug(fields, 'request answered');
  });
}

function addErrorHandler(app: FastifyInstance, metrics: Metrics): void {
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body, isBug } = presentFailure(error, request.id);
    if (body.code === 'STORE_UNAVAILABLE') reply.header('retry-after', RETRY_AFTER_SECONDS);
    // The answer does not tell where the store is, nor what is wrong with it.
    if (isStoreOutage(error) && error !== STORE_AWAY)
      request.log.info({ reason: messageOf(error) }, 'the store cannot be used');
    if (isBug) {
      metrics.internalErrors.inc();
      request.log.error({ err: error, route: request.routeOptions.url ?? null }, 'request failed');
    }
    await reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body));
  });
}

/** Original clients need a content type and a body on every answer: where there is nothing to say, `null`. */
function addNullBodies(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    const isEmpty = payload === undefined || payload === null || payload === '';
    if (!isEmpty || reply.hasHeader('content-type') || request.method === 'HEAD') return payload;
    if (reply.statusCode >= 300) return payload;
    reply.code(200).type('application/json; charset=utf-8');
    return 'null';
  });
}
