import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { sql } from 'kysely';
import { COMPATIBLE_VERSION, createProxyTrust } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { asyncCallRoutes } from './async-calls/async-call-routes.ts';
import { auditLogRoutes } from './audit/audit-log-routes.ts';
import { auditRoutes } from './audit/audit-routes.ts';
import { createPubWait } from './auth/pub-wait.ts';
import type { RequestCommits } from './auth/request-commits.ts';
import { refuseDuringOutage } from './auth/refuse-during-outage.ts';
import { tokenRoutes } from './auth/token-routes.ts';
import type { Config } from './config.ts';
import { createDashboardApp } from './dashboard/create-dashboard-app.ts';
import { deploymentRoutes } from './deployments/deployment-routes.ts';
import type { DeploymentRunner } from './deployments/deployment-runner.ts';
import { renewalRoutes } from './deployments/renew/renewal-routes.ts';
import type { DockerfileRenderer } from './dockerfiles/dockerfile-renderer.ts';
import { dockerfileRoutes } from './dockerfiles/dockerfile-routes.ts';
import { escRoutes } from './escs/esc-routes.ts';
import { createApp, withDeps } from './http/create-app.ts';
import { attachEventSocket } from './events/attach-event-socket.ts';
import { eventRoutes } from './events/event-routes.ts';
import { createEventStreams } from './events/event-stream.ts';
import { JobChanges } from './events/job-changes.ts';
import { graphRoutes } from './graph/graph-routes.ts';
import { infoRoutes } from './info/info-routes.ts';
import { exportManifestRoutes } from './jobs/export-manifest-routes.ts';
import { followJobLogs } from './jobs/job-logs.ts';
import { jobRoutes } from './jobs/job-routes.ts';
import { createJobService, type JobService } from './jobs/job-service.ts';
import { resolveJob } from './jobs/resolve-job.ts';
import { keyRoutes } from './keys/key-routes.ts';
import { attachLiveLogs, type LiveLogs } from './live-logs/attach-live-logs.ts';
import type { Access } from './open-access.ts';
import type { OpenedStore } from './open-data-dir.ts';
import { allowRoutes } from './permissions/allow-routes.ts';
import { authCheckRoutes } from './permissions/auth-check-routes.ts';
import { permissionRoutes } from './permissions/permission-routes.ts';
import { publicEndpointRoutes } from './permissions/public-endpoint-routes.ts';
import { pluginRoutes } from './plugins/routes/plugin-routes.ts';
import type { PluginSet } from './plugins/set/plugin-set.ts';
import type { Plugins } from './plugins/start-plugins.ts';
import { portfolioRoutes } from './portfolio/portfolio-routes.ts';
import { pinRoutes } from './pins/pin-routes.ts';
import { recordRoutes } from './records/record-routes.ts';
import { orphanRoutes } from './reconciler/orphans/orphan-routes.ts';
import { reconcileRoutes } from './reconciler/reconcile-routes.ts';
import type { Reconciler } from './reconciler/reconciler.ts';
import type { Acknowledgements } from './replicas/acknowledgements.ts';
import type { Replicas } from './replicas/replicas.ts';
import { createMaintenanceCheck } from './settings/maintenance.ts';
import { maintenanceRoutes } from './settings/maintenance-routes.ts';
import type { StoreOutage } from './store/store-outage.ts';
import type { SystemPackages } from './system-packages/system-packages.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { administrationRoutes } from './users/administration-routes.ts';
import { userRoutes } from './users/user-routes.ts';

export interface ServeHttpDeps {
  readonly config: Config;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly outage: StoreOutage;
  readonly opened: OpenedStore;
  readonly access: Access;
  readonly host: PluginSet;
  readonly plugins: Plugins;
  readonly dockerfiles: DockerfileRenderer;
  readonly replicas: Replicas;
  readonly acknowledgements: Acknowledgements;
  readonly commits: RequestCommits;
  readonly runner: DeploymentRunner;
  readonly reconciler: Reconciler;
  readonly systemPackages: SystemPackages;
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
    trustsProxy: createProxyTrust(config.trustedProxies),
    authenticator: refuseDuringOutage(access.authenticator, deps.outage),
    versions: VERSIONS,
    readiness: { plugins: () => requireTargets(deps.host) },
    holdAnswers: (app: FastifyInstance) =>
      deps.commits.holdAnswers(app, createPubWait(deps.acknowledgements)),
    checkDatabase: async () => void (await sql`select 1`.execute(deps.opened.store.db)),
  };
  const live: { logs?: LiveLogs } = {};
  const streams = createEventStreams({
    authenticator: shared.authenticator,
    changes: new JobChanges({ store: deps.opened.store, logger: deps.logger }),
    metrics: deps.metrics,
  });
  const api = await createApp({
    ...shared,
    checkRequest: createMaintenanceCheck(deps.opened.store.db),
    routes: [...composeRoutes(deps, jobs, lifecycleUrl, live), withDeps(eventRoutes, { streams })],
  });
  attachEventSocket(api.server, { streams, logger: deps.logger });
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
    void jobs.warm();
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
  const pubWait = createPubWait(deps.acknowledgements);
  const accepting = {
    store,
    host,
    hostId: opened.hostId,
    sealer: access.sealer,
    allowLocalGit: config.allowLocalGit,
    defaultTarget: config.defaultTarget,
    maxJobMemoryBytes: config.maxJobMemoryBytes,
    allowJobOverwrite: config.allowJobOverwrite,
    systemPackages: deps.systemPackages,
  };
  const onAccepted = (): void => {
    deps.metrics.requestedDeployments.inc();
    runner.nudge();
  };
  return [
    withDeps(infoRoutes, {
      versions: VERSIONS,
      externalPubUrl: config.externalPubUrl,
      get externalLifecycleUrl() {
        return lifecycleUrl();
      },
    }),
    withDeps(userRoutes, { accounts: access.accounts, cookie: COOKIE }),
    withDeps(tokenRoutes, { store, tokens: access.tokens, cookie: COOKIE }),
    withDeps(administrationRoutes, { store, tokens: access.tokens }),
    withDeps(escRoutes, { store, tokens: access.tokens }),
    withDeps(allowRoutes, { store }),
    withDeps(authCheckRoutes, {
      store,
      presentJob: async (job) => await jobs.present(job),
      authDebug: config.authDebug,
    }),
    withDeps(permissionRoutes, { store }),
    withDeps(publicEndpointRoutes, { store }),
    withDeps(auditRoutes, { db: store.db }),
    withDeps(auditLogRoutes, { db: store.db }),
    withDeps(maintenanceRoutes, { store }),
    withDeps(keyRoutes, {
      store,
      keys: access.keys,
      sources: {
        dataDir: config.dataDir,
        env: { authKey: config.authKey, secretsKey: config.secretsKey },
      },
      replicas,
      logger: deps.logger,
    }),
    withDeps(asyncCallRoutes, { db: store.db }),
    withDeps(recordRoutes, {
      store,
      replicas,
      tokens: access.tokens,
      host,
      externalPubUrl: config.externalPubUrl,
      logger: deps.logger,
      nudgeReconciler: () => reconciler.nudge(),
    }),
    withDeps(portfolioRoutes, { jobs }),
    withDeps(graphRoutes, { db: store.db, externalPubUrl: config.externalPubUrl }),
    withDeps(pluginRoutes, {
      ...deps.plugins,
      store,
      sealer: access.sealer,
      dockerfiles: deps.dockerfiles,
      logger: deps.logger,
      uploadsDir: opened.layout.uploads,
      allowPrivate: config.allowPrivate,
      githubApi: config.githubApi,
    }),
    withDeps(exportManifestRoutes, { store }),
    withDeps(pinRoutes, { store, acknowledgements: deps.acknowledgements }),
    withDeps(renewalRoutes, { ...accepting, onAccepted }),
    withDeps(reconcileRoutes, {
      ...accepting,
      onAccepted,
      logger: deps.logger,
      reconcile: async () => await reconciler.runOnce(),
    }),
    withDeps(orphanRoutes, {
      store,
      host,
      hostId: opened.hostId,
      pubWait,
      presentJob: async (job) => await jobs.present(job),
      nudgeReconciler: () => reconciler.nudge(),
    }),
    withDeps(deploymentRoutes, {
      ...accepting,
      uploadsDir: opened.layout.uploads,
      findJob: async (name, version) => await jobs.find(name, version),
      onAccepted,
      onCancelled: () => runner.nudge(),
    }),
    withDeps(dockerfileRoutes, { store, host, dockerfiles: deps.dockerfiles }),
    withDeps(jobRoutes, {
      store,
      host,
      replicas,
      jobs,
      externalPubUrl: config.externalPubUrl,
      logger: deps.logger,
      allowLocalGit: config.allowLocalGit,
      maxJobMemoryBytes: config.maxJobMemoryBytes,
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
    trustsProxy: createProxyTrust(deps.config.trustedProxies),
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

/** A platform where none was ever installed is ready for installing one; one whose own does not work is not. */
function requireTargets(host: PluginSet): void {
  if (host.targets().length > 0) return;
  const broken = host.list().find(({ origin, error }) => origin === 'bundled' && error !== null);
  if (broken === undefined) return;
  throw new PlatformError('PLUGIN_UNAVAILABLE', 'no infrastructure target is loaded', {
    hint: `The plugin ${broken.name} of the platform cannot be used: ${broken.error}`,
  });
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
