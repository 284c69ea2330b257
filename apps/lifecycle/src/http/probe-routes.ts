import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, scrub } from '@racetrack-platform/errors';
import { isStoreOutage, STORE_AWAY } from '../store/store-outage.ts';
import type { Metrics } from '../telemetry/metrics.ts';

/** Resolves when a part is ready to serve, throws with the reason when it is not. */
export type ReadinessCheck = () => Promise<void> | void;

export interface ProbeRoutesDeps {
  readonly metrics: Metrics;
  /** By name of the part; the names appear in the answer. */
  readonly readiness: Readonly<Record<string, ReadinessCheck>>;
  /** Asks the store for something. */
  readonly checkDatabase: ReadinessCheck;
  readonly versions: ReportedVersions;
}

/** Versions as `/info` and `/health` report them. */
export interface ReportedVersions {
  readonly gitVersion: string;
  readonly dockerTag: string;
}

const SERVICE = 'lifecycle';
/** A part that does not answer in time counts as not ready. */
const CHECK_TIMEOUT_MS = 2_000;

/** `/live`, `/ready`, `/health` and `/metrics`, for orchestrators and people; no token needed. */
export const probeRoutes: FastifyPluginAsyncZod<ProbeRoutesDeps> = async (app, deps) => {
  const { metrics, versions } = deps;
  const schema = { tags: ['probes'], security: [] };

  app.get('/live', { schema }, async () => ({ service: SERVICE, live: true }));

  app.get('/ready', { schema }, async (_request, reply) => {
    const problems = await findProblems({ ...deps.readiness, database: deps.checkDatabase });
    if (problems.length === 0) return { service: SERVICE, ready: true };
    return await reply.code(503).send({ service: SERVICE, ready: false, error: problems.join('; ') });
  });

  app.get('/health', { schema }, async (_request, reply) => {
    const isConnected = await isDatabaseConnected(deps);
    return await reply.code(isConnected ? 200 : 500).send({
      service: SERVICE,
      live: true,
      database_connected: isConnected,
      git_version: versions.gitVersion,
      docker_tag: versions.dockerTag,
      auth_required: true,
      ...(isConnected ? {} : { error: 'the database does not answer' }),
    });
  });

  app.get('/metrics', { schema }, async (_request, reply) => {
    metrics.scrapes.inc();
    await isDatabaseConnected(deps);
    return await reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
};

async function isDatabaseConnected({ metrics, checkDatabase }: ProbeRoutesDeps): Promise<boolean> {
  const isConnected = (await findProblems({ database: checkDatabase })).length === 0;
  metrics.databaseConnected.set(isConnected ? 1 : 0);
  return isConnected;
}

async function findProblems(checks: Readonly<Record<string, ReadinessCheck>>): Promise<string[]> {
  const found = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      try {
        await withTimeout(check);
        return [];
      } catch (error) {
        return [`${name}: ${scrub(messageOf(isStoreOutage(error) ? STORE_AWAY : error))}`];
      }
    }),
  );
  return found.flat();
}

async function withTimeout(check: ReadinessCheck): Promise<void> {
  const stop = new AbortController();
  const timeout = delay(CHECK_TIMEOUT_MS, undefined, { signal: stop.signal, ref: false }).then(() => {
    throw new Error('no answer in time');
  });
  try {
    await Promise.race([Promise.resolve().then(check), timeout]);
  } finally {
    timeout.catch(() => {});
    stop.abort();
  }
}
