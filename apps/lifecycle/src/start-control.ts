import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { COMPATIBLE_VERSION } from '@racetrack-platform/contracts';
import { createJobRepository, type Store } from '@racetrack-platform/db';
import { selectHostEnvironment, startPluginHost, type PluginHost } from '@racetrack-platform/plugin-engine';
import { openAccess, welcomeAdmin, type Access } from './open-access.ts';
import type { Config } from './config.ts';
import { DeploymentRunner } from './deployments/deployment-runner.ts';
import * as accountRecords from './auth/account-records.ts';
import { FeedServer } from './feed/feed-server.ts';
import { openDataDir, type OpenedStore } from './open-data-dir.ts';
import { listBundledPlugins } from './plugins/list-bundled-plugins.ts';
import { collectArtifacts } from './reconciler/collect-artifacts.ts';
import { JobMonitor } from './reconciler/job-monitor.ts';
import { Reconciler } from './reconciler/reconciler.ts';
import { stopInstances } from './reconciler/stop-instances.ts';
import { voidLeases } from './reconciler/void-leases.ts';
import { serveHttp, type HttpServers } from './serve-http.ts';
import { createMetrics } from './telemetry/metrics.ts';

export interface StartControlOptions {
  readonly config: Config;
  /** The process environment, of which children get the harmless part. */
  readonly env: NodeJS.ProcessEnv;
  readonly logger: Logger;
  /** Shows the user a line. */
  readonly notice: (text: string) => void;
  /** Folder of the plugins to load. @defaultValue those that come with the platform */
  readonly pluginsDir?: string;
}

export interface Control {
  readonly endpoints: HttpServers['endpoints'];
  /** Ends what is under way in good order, and the jobs unless they are to be kept. */
  stop(): Promise<void>;
}

const BUILDER = fileURLToPath(new URL('../../builder/src/main.ts', import.meta.url));
const BUNDLED_PLUGINS = fileURLToPath(new URL('../../../plugins', import.meta.url));

/** Puts the control process together: the one place where everything is visible. */
export async function startControl(options: StartControlOptions): Promise<Control> {
  const { config, logger } = options;
  const opened = await openDataDir(config.dataDir);
  const metrics = createMetrics({ defaults: true });
  // SQLite has one server at a time: whoever held a lease is dead.
  await voidLeases(opened.store.db);
  const [access, host] = await Promise.all([
    openAccess({ config, store: opened.store, meta: opened.meta, metrics }),
    startHost(options, opened),
  ]);
  const feed = new FeedServer({
    store: opened.store,
    accounts: accountRecords,
    storeId: opened.storeId,
    logger,
    path: config.feedPath,
    onStats: (jobs) => void noteCalls(opened.store, logger, jobs),
  });
  await feed.start();
  const engine = createEngine(options, { opened, access, host, feed, metrics });
  const servers = await serveHttp({ config, logger, metrics, opened, access, host, ...engine });
  await welcomeAdmin({ store: opened.store, tokens: access.tokens }, config, options.notice);
  engine.start();
  return {
    endpoints: servers.endpoints,
    async stop() {
      await servers.close();
      await engine.stop();
      if (!config.keepJobs) await stopInstances({ store: opened.store, host, logger });
      feed.stop();
      await host.stop();
      await opened.store.close();
    },
  };
}

async function startHost(options: StartControlOptions, { layout }: OpenedStore): Promise<PluginHost> {
  const { env, logger, pluginsDir = BUNDLED_PLUGINS } = options;
  const settings = { instancesDir: layout.instances, socketsDir: layout.sockets };
  const plugins = await listBundledPlugins({
    pluginsDir,
    dataDir: layout.plugins,
    settings,
  });
  return await startPluginHost({ plugins, logger, env, nodeArgs: ['--max-semi-space-size=1'] });
}

interface Parts {
  readonly opened: OpenedStore;
  readonly access: Access;
  readonly host: PluginHost;
  readonly feed: FeedServer;
  readonly metrics: ReturnType<typeof createMetrics>;
}

/** What works in the background: deployments, reconciliation, monitoring. */
function createEngine({ config, env, logger }: StartControlOptions, parts: Parts) {
  const { opened, access, host, feed, metrics } = parts;
  const owner = `${process.pid}-${randomUUID()}`;
  const store = opened.store;
  const ensureFamilyToken = async (name: string): Promise<string> =>
    (await store.transaction(async (trx) => await access.tokens.ensureFamilyToken(trx, name))).result.token;
  const shared = { store, host, feed, logger, sealer: access.sealer, ensureFamilyToken };
  const reconciler = new Reconciler({
    ...shared,
    owner,
    drainLimitMs: config.drainLimitMs,
    onRemoved: async () => void (await collectArtifacts({ store, buildsDir: opened.layout.builds })),
  });
  const runner = new DeploymentRunner(
    {
      ...shared,
      metrics,
      platform: { pubUrl: config.externalPubUrl, version: COMPATIBLE_VERSION },
      builder: { entry: BUILDER, env: selectBuilderEnvironment(env) },
      buildsDir: opened.layout.builds,
      uploadsDir: opened.layout.uploads,
      secretsKey: access.secretsKey,
      allowLocalGit: config.allowLocalGit,
      buildTimeoutMs: config.buildTimeoutMs,
      aliveTimeoutMs: config.aliveTimeoutMs,
      readyTimeoutMs: config.readyTimeoutMs,
      nudgeReconciler: () => reconciler.nudge(),
    },
    { owner, maxRunning: config.maxDeployments },
  );
  const monitor = new JobMonitor({ store, logger });
  return {
    reconciler,
    runner,
    start() {
      reconciler.start();
      runner.start();
      monitor.start();
    },
    async stop() {
      await Promise.all([runner.stop(), reconciler.stop(), monitor.stop()]);
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

async function noteCalls(
  store: Store,
  logger: Logger,
  jobs: readonly { readonly jobId: string; readonly lastCallAt: number }[],
): Promise<void> {
  try {
    await store.transaction(async ({ db }) => {
      for (const { jobId, lastCallAt } of jobs) await createJobRepository(db).noteCall(jobId, lastCallAt);
    });
  } catch (error) {
    logger.warn({ err: error }, 'the last calls of jobs could not be noted');
  }
}
