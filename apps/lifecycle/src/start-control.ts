import { readdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import { COMPATIBLE_VERSION } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createFeedRepository,
  createJobRepository,
} from '@racetrack-platform/db';
import { selectHostEnvironment } from '@racetrack-platform/plugin-engine';
import { AsyncCallPurge } from './async-calls/async-call-purge.ts';
import { openAccess, welcomeAdmin, type Access } from './open-access.ts';
import type { Config } from './config.ts';
import { DeploymentRunner } from './deployments/deployment-runner.ts';
import { createBuildResources } from './deployments/build-resources.ts';
import { createDockerfileRenderer } from './dockerfiles/dockerfile-renderer.ts';
import { createJobAccounts, usesAccounts } from './deployments/job-accounts.ts';
import { createKeptData } from './deployments/kept-data.ts';
import { removeUnneededUploads } from './deployments/remove-unneeded-uploads.ts';
import { sweepBuilds } from './deployments/sweep-builds.ts';
import * as accountRecords from './auth/account-records.ts';
import { RequestCommits } from './auth/request-commits.ts';
import { CallNotes } from './feed/call-notes.ts';
import { FeedServer } from './feed/feed-server.ts';
import { watchKeys } from './keys/watch-keys.ts';
import { openDataDir, type OpenedStore } from './open-data-dir.ts';
import type { LivePluginSet } from './plugins/set/open-plugin-set.ts';
import { PluginSync } from './plugins/set/sync-plugins.ts';
import { startPlugins } from './plugins/start-plugins.ts';
import { collectArtifacts, emptyTrash } from './reconciler/collect-artifacts.ts';
import { collectCopies } from './reconciler/collect-copies.ts';
import { createExitReasons } from './reconciler/exit-reasons.ts';
import { JobMonitor } from './reconciler/job-monitor.ts';
import { Leadership } from './reconciler/leadership.ts';
import { createObsoleteNotes } from './reconciler/note-obsolete-jobs.ts';
import { Reconciler } from './reconciler/reconciler.ts';
import { createUnreachableTargets } from './reconciler/unreachable-targets.ts';
import { stopInstances } from './reconciler/stop-instances.ts';
import { createCacheTrimmer } from './reconciler/trim-caches.ts';
import { Acknowledgements } from './replicas/acknowledgements.ts';
import { createOwner } from './replicas/host-id.ts';
import { reclaimHost } from './replicas/reclaim-host.ts';
import { Replicas } from './replicas/replicas.ts';
import { serveHttp, type HttpServers } from './serve-http.ts';
import { createSystemPackages } from './system-packages/system-packages.ts';
import { StoreOutage } from './store/store-outage.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { addProgressMetrics } from './telemetry/progress-metrics.ts';
import { addStoreMetrics } from './telemetry/store-metrics.ts';

export interface StartControlOptions {
  readonly config: Config;
  /** The process environment, of which children get the harmless part. */
  readonly env: NodeJS.ProcessEnv;
  readonly logger: Logger;
  /** Shows the user a line. */
  readonly notice: (text: string) => void;
  /** Folder of the plugins to load. @defaultValue those that come with the platform */
  readonly pluginsDir?: string;
  /** See {@link Acknowledgements}. */
  readonly reconnectGraceMs?: number | undefined;
}

export interface Control {
  readonly endpoints: HttpServers['endpoints'];
  /** Ends what is under way in good order, and the jobs unless they are to be kept. */
  stop(): Promise<void>;
}

/** For removing what earlier instances and builds have left, when the platform stops meanwhile. */
const TIDYING_MS = 5_000;
const BUILDER = fileURLToPath(new URL('../../builder/src/main.ts', import.meta.url));

/**
 * Puts the control process together: the one place where everything is visible. A start that fails leaves nothing
 * behind.
 */
export async function startControl(options: StartControlOptions): Promise<Control> {
  const cleanup = new AsyncDisposableStack();
  try {
    return await start(options, cleanup);
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

async function start(options: StartControlOptions, cleanup: AsyncDisposableStack): Promise<Control> {
  const { config, logger } = options;
  const commits = new RequestCommits();
  const found = await openDataDir(config, options.notice);
  const opened = { ...found, store: commits.watch(found.store) };
  const { store, hostId } = opened;
  cleanup.defer(async () => await store.close());
  const countJobs = async () => await createJobRepository(store.db).countByStatus();
  const metrics = createMetrics({ defaults: true, countJobs });
  await reclaimHost(store, hostId);
  const access = await openAccess({ config, store, meta: opened.meta, metrics });
  const { uploads, builds } = opened.layout;
  await removeUnneededUploads({ store, uploadsDir: uploads }, await readdir(uploads));
  await emptyTrash(builds);
  const plugins = await startPlugins({ ...options, opened, sealer: access.sealer });
  const host = plugins.set;
  cleanup.defer(async () => await host.stop());
  const outage = new StoreOutage(logger, async () => await sql`select 1`.execute(store.db));
  cleanup.defer(() => outage.stop());
  const replicas = new Replicas({
    store,
    outage,
    logger,
    hostId,
    owner: createOwner(hostId),
    isShared: store.kind === 'postgres',
  });
  await replicas.start();
  cleanup.defer(async () => await replicas.stop());
  cleanup.defer(await watchKeys({ store, keys: access.keys, logger }));
  const calls = new CallNotes({ store, outage, logger });
  const feed = new FeedServer({
    store,
    outage,
    accounts: accountRecords,
    storeId: opened.storeId,
    logger,
    path: config.feedPath,
    onStats: (jobs, edges) => calls.note(jobs, edges),
  });
  await feed.start();
  cleanup.defer(() => feed.stop());
  addStoreMetrics(metrics.registry, store);
  addProgressMetrics(metrics.registry, {
    countDeployments: async () => await createDeploymentRepository(store.db).countByPhase(),
    readRevision: async () => await createFeedRepository(store.db).currentRevision(),
    feed,
  });
  const engine = createEngine(options, { opened, access, host, feed, metrics, outage, replicas });
  const servers = await serveHttp({
    config,
    logger,
    metrics,
    outage,
    opened,
    access,
    host,
    plugins,
    dockerfiles: createDockerfileRenderer({ env: selectBuilderEnvironment(options.env) }),
    replicas,
    commits,
    ...engine,
  });
  cleanup.defer(async () => await servers.close());
  await welcomeAdmin({ store, tokens: access.tokens }, config, options.notice);
  engine.start();
  return {
    endpoints: servers.endpoints,
    async stop() {
      await servers.close();
      await engine.stop();
      if (!config.keepJobs) await stopInstances({ host, logger });
      await cleanup.disposeAsync();
    },
  };
}

interface Parts {
  readonly opened: OpenedStore;
  readonly access: Access;
  readonly host: LivePluginSet;
  readonly feed: FeedServer;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly outage: StoreOutage;
  readonly replicas: Replicas;
}

/** What works in the background: deployments, reconciliation, monitoring. */
function createEngine(options: StartControlOptions, parts: Parts) {
  const { config, env, logger, reconnectGraceMs } = options;
  const { opened, access, host, feed, metrics, outage, replicas } = parts;
  const { store, hostId } = opened;
  const ensureFamilyToken = async (name: string): Promise<string> =>
    (await store.transaction(async (trx) => await access.tokens.ensureFamilyToken(trx, name))).result.token;
  const acknowledgements = new Acknowledgements({
    store,
    outage,
    logger,
    feed,
    replicas,
    reconnectGraceMs,
  });
  const leadership = new Leadership(store, replicas.id);
  const plugins = new PluginSync({
    store,
    outage,
    set: host,
    logger,
    isLeader: async () => (await leadership.epoch()) !== undefined,
  });
  const accounts = createJobAccounts({
    store,
    hostId,
    isEnabled: usesAccounts(config),
    data: createKeptData(opened.layout.jobData),
  });
  const exits = createExitReasons();
  const systemPackages = createSystemPackages({
    mode: config.systemDependencies,
    isRoot: process.getuid?.() === 0,
    env: selectHostEnvironment(env),
  });
  const shared = {
    store,
    outage,
    host,
    hostId,
    replicas,
    acknowledgements,
    logger,
    sealer: access.sealer,
    ensureFamilyToken,
    accounts,
  };
  const trimCaches = createCacheTrimmer({
    store,
    buildsDir: opened.layout.builds,
    maxBytes: config.buildCacheBytes,
  });
  /** What instances needed that are gone. */
  const giveBack = async (): Promise<void> => {
    await accounts.releaseUnused();
    await collectArtifacts({ store, buildsDir: opened.layout.builds });
    await collectCopies({ store, buildsDir: opened.layout.builds });
    await trimCaches();
  };
  const unreachable = createUnreachableTargets(store);
  const reconciler = new Reconciler({
    ...shared,
    unreachable,
    onOrphans: (count) => metrics.jobsByStatus.set({ status: 'orphaned' }, count),
    leadership,
    drainLimitMs: config.drainLimitMs,
    exits,
    onRemoved: giveBack,
  });
  const runner = new DeploymentRunner(
    {
      ...shared,
      metrics,
      platform: {
        pubUrl: config.externalPubUrl,
        version: COMPATIBLE_VERSION,
        defaultMemoryMaxBytes: config.defaultJobMemoryBytes,
      },
      systemPackages,
      builder: { entry: BUILDER, env: selectBuilderEnvironment(env) },
      buildsDir: opened.layout.builds,
      uploadsDir: opened.layout.uploads,
      secretsKey: access.secretsKey,
      allowLocalGit: config.allowLocalGit,
      allowPrivate: config.allowPrivate,
      gitTimeoutMs: config.gitTimeoutMs,
      buildTimeoutMs: config.buildTimeoutMs,
      builds: createBuildResources({
        store,
        hostId,
        hasAccounts: usesAccounts(config),
        dataDir: config.dataDir,
        limits: config.buildLimits,
      }),
      aliveTimeoutMs: config.aliveTimeoutMs,
      readyTimeoutMs: config.readyTimeoutMs,
      nudgeReconciler: () => reconciler.nudge(),
    },
    { replicas, maxRunning: config.maxDeployments },
  );
  const purge = new AsyncCallPurge({ store, outage, logger, lifetimeMs: config.asyncCallLifetimeMs });
  const monitor = new JobMonitor({
    store,
    outage,
    replicas,
    leadership,
    logger,
    exits,
    unreachable,
    noteObsolete: createObsoleteNotes({ store, jobTypes: () => host.jobTypes() }),
  });
  const stopping = new AbortController();
  let tidying: Promise<unknown> = Promise.resolve();
  return {
    acknowledgements,
    reconciler,
    runner,
    systemPackages,
    start() {
      acknowledgements.start();
      reconciler.start();
      // A platform that was killed may not have come to it.
      tidying = Promise.all([
        giveBack().catch((error: unknown) => logger.warn({ err: error }, 'uids and artifacts stay for now')),
        // What builders of a killed platform have left; a build that begins meanwhile is not touched.
        sweepBuilds({
          env: selectBuilderEnvironment(env),
          buildsDir: opened.layout.builds,
          signal: stopping.signal,
        }),
      ]);
      runner.start();
      monitor.start();
      plugins.start();
      purge.start();
    },
    async stop() {
      stopping.abort();
      await Promise.all([
        // The next start goes on with what takes longer.
        Promise.race([tidying, sleep(TIDYING_MS, undefined, { ref: false })]),
        runner.stop(),
        reconciler.stop(),
        monitor.stop(),
        acknowledgements.stop(),
        purge.stop(),
        plugins.stop(),
      ]);
    },
  };
}

/** The builder fetches with git, so it needs git's certificate settings as well. */
function selectBuilderEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GIT_SSL_CAINFO, GIT_SSL_CAPATH } = env;
  return {
    ...selectHostEnvironment(env),
    ...(GIT_SSL_CAINFO !== undefined && { GIT_SSL_CAINFO }),
    ...(GIT_SSL_CAPATH !== undefined && { GIT_SSL_CAPATH }),
  };
}
