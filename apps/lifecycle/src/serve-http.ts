import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { sql } from 'kysely';
import { COMPATIBLE_VERSION } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import type { PluginHost } from '@racetrack-platform/plugin-engine';
import { auditRoutes } from './audit/audit-routes.ts';
import { refuseDuringOutage } from './auth/refuse-during-outage.ts';
import type { Config } from './config.ts';
import { createDashboardApp } from './dashboard/create-dashboard-app.ts';
import { deploymentRoutes } from './deployments/deployment-routes.ts';
import type { DeploymentRunner } from './deployments/deployment-runner.ts';
import { createApp, withDeps } from './http/create-app.ts';
import { infoRoutes } from './info/info-routes.ts';
import { followJobLogs } from './jobs/job-logs.ts';
import { jobRoutes } from './jobs/job-routes.ts';
import { createJobService, type JobService } from './jobs/job-service.ts';
import { resolveJob } from './jobs/resolve-job.ts';
import { attachLiveLogs, type LiveLogs } from './live-logs/attach-live-logs.ts';
import type { Access } from './open-access.ts';
import type { OpenedStore } from './open-data-dir.ts';
import { pluginRoutes } from './plugins/plugin-routes.ts';
import type { Reconciler } from './reconciler/reconciler.ts';
import type { Replicas } from './replicas/replicas.ts';
import type { StoreOutage } from './store/store-outage.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { userRoutes } from './users/user-routes.ts';

export interface ServeHttpDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly outage: StoreOutage;
  readonly opened: OpenedStore;
  readonly access: Access;
  readonly host: PluginHost;
  readonly replicas: Replicas;
  readonly runner: DeploymentRunner;
  readonly reconciler: Reconciler;
}

export interface HttpServers {
  readonly endpoints: { readonly lifecycle: string; readonly dashboard: string };
  close(): Promise<void>;
}

const COOKIE = { secure: false };
const VERSIONS = { gitVersion: COMPATIBLE_VERSION, dockerTag: COMPATIBLE_VERSION };

/** Puts the API and the sign-in page on their ports. */
export async function serveHttp(deps: ServeHttpDeps): Promise<HttpServers> {
  const { config, access } = deps;
  const jobs = createJobService({ store: deps.opened.store, externalPubUrl: config.externalPubUrl });
  const addresses = { lifecycle: '' };
  // Known only when a free port was asked for and found.
  const lifecycleUrl = (): string => config.externalLifecycleUrl ?? `${addresses.lifecycle}/lifecycle`;
  const shared = {
    logger: deps.logger,
    metrics: deps.metrics,
    authenticator: refuseDuringOutage(access.authenticator, deps.outage),
    versions: VERSIONS,
    readiness: { plugins: () => requireTargets(deps.host) },
    checkDatabase: async () => void (await sql`select 1`.execute(deps.opened.store.db)),
  };
  const live: { logs?: LiveLogs } = {};
  const api = await createApp({ ...shared, routes: composeRoutes(deps, jobs, lifecycleUrl, live) });
  live.logs = attachLogs(deps, api);
  const dashboard = await createDashboardApp({
    ...shared,
    accounts: access.accounts,
    cookie: COOKIE,
    listJobs: async (subject) =>
      (await jobs.list(subject)).map(({ name, version, status, pub_url }) => ({
        name,
        version,
        status,
        url: pub_url,
      })),
    externalPubUrl: config.externalPubUrl,
    get externalLifecycleUrl() {
      return lifecycleUrl();
    },
  });
  const close = async (): Promise<void> => {
    await live.logs?.close();
    await Promise.all([api.close(), dashboard.close()]);
  };
  try {
    addresses.lifecycle = await listen(api, config.host, config.lifecyclePort, '--lifecycle-port');
    const dashboardUrl = await listen(dashboard, config.host, config.dashboardPort, '--dashboard-port');
    return { endpoints: { lifecycle: addresses.lifecycle, dashboard: dashboardUrl }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function composeRoutes(
  deps: ServeHttpDeps,
  jobs: JobService,
  lifecycleUrl: () => string,
  live: { logs?: LiveLogs },
) {
  const { config, access, host, opened, replicas, runner, reconciler } = deps;
  const { store } = opened;
  return [
    withDeps(infoRoutes, {
      versions: VERSIONS,
      externalPubUrl: config.externalPubUrl,
      get externalLifecycleUrl() {
        return lifecycleUrl();
      },
    }),
    withDeps(userRoutes, { accounts: access.accounts, cookie: COOKIE }),
    withDeps(auditRoutes, { db: store.db }),
    withDeps(pluginRoutes, { host }),
    withDeps(deploymentRoutes, {
      store,
      host,
      hostId: opened.hostId,
      sealer: access.sealer,
      allowLocalGit: config.allowLocalGit,
      defaultTarget: config.defaultTarget,
      maxJobMemoryBytes: config.maxJobMemoryBytes,
      uploadsDir: opened.layout.uploads,
      findJob: async (name, version) => await jobs.find(name, version),
      onAccepted: () => {
        deps.metrics.requestedDeployments.inc();
        runner.nudge();
      },
      onCancelled: () => runner.nudge(),
    }),
    withDeps(jobRoutes, {
      store,
      host,
      replicas,
      jobs,
      drainLimitMs: config.drainLimitMs,
      nudgeReconciler: () => reconciler.nudge(),
      noteJobRead: (address, name, version) => live.logs?.noteJobRead(address, name, version),
    }),
  ];
}

function attachLogs(deps: ServeHttpDeps, api: FastifyInstance): LiveLogs {
  const { store } = deps.opened;
  const find = async (name: string, version: string) => {
    const found = await resolveJob(store.db, name, version);
    if ('missing' in found) throw found.missing;
    return found.job;
  };
  return attachLiveLogs(api.server, {
    logger: deps.logger,
    authenticator: deps.access.authenticator,
    mode: deps.config.logStreamAuth,
    resolveJob: async (name, version) => {
      const job = await find(name, version);
      return { jobId: job.id, version: job.version };
    },
    openLogs: async function* openLogs(name, version, tail, signal) {
      yield* followJobLogs(
        { store, host: deps.host, replicas: deps.replicas },
        await find(name, version),
        tail,
        signal,
      );
    },
    onStreamCount: (count) => deps.metrics.logStreams.set(count),
  });
}

function requireTargets(host: PluginHost): void {
  if (host.targets().length === 0)
    throw new PlatformError('PLUGIN_UNAVAILABLE', 'no infrastructure target is loaded');
}

/** Answers the base URL. */
async function listen(app: FastifyInstance, host: string, port: number, flag: string): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new PlatformError('PORT_IN_USE', `port ${port} on ${host} is taken`, {
      hint: `Stop what uses it, or choose another one with ${flag}.`,
      cause: error,
    });
  }
  const { port: actual } = app.server.address() as AddressInfo;
  const shown = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${shown.includes(':') ? `[${shown}]` : shown}:${actual}`;
}
