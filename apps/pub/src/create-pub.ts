import type { Agent, Server } from 'node:http';
import { randomUUID } from 'node:crypto';
import { messageOf } from '@racetrack-platform/errors';
import type { PubConfig } from './config.ts';
import { createCallStats } from './feed/call-stats.ts';
import { createConfirmation } from './feed/confirmation.ts';
import { createFeedClient, FEED_TIMINGS, type FeedTimings } from './feed/feed-client.ts';
import { loadSnapshot } from './feed/snapshot-file.ts';
import { createSnapshotSaver } from './feed/snapshot-saver.ts';
import type { Tables } from './feed/tables.ts';
import { createConnectionPool } from './forwarding/connection-pool.ts';
import { createGeneralLane } from './forwarding/general-lane.ts';
import { createTunnels } from './forwarding/tunnels.ts';
import { createHttpServer } from './http-server.ts';
import { createInstanceLoads } from './routing/instance-loads.ts';
import type { Logger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';

export interface PubDeps {
  readonly config: PubConfig;
  readonly logger: Logger;
  /** Wall clock in milliseconds since the epoch; token expiry is compared with it. */
  readonly nowMs?: () => number;
  readonly feedTimings?: FeedTimings;
}

/** The gateway, built and not listening. */
export interface Pub {
  readonly server: Server;
  /** Reads the last state from disk and begins to follow the feed. */
  start(): Promise<void>;
  /**
   * Stops accepting, lets calls in flight finish and closes everything.
   *
   * @param timeoutMs - after which the calls that are left are cut off.
   */
  stop(timeoutMs: number): Promise<void>;
}

/** How long changes are gathered before the snapshot on disk is renewed. */
const SNAPSHOT_DELAY_MS = 500;

/** Builds the gateway from its parts. */
export function createPub({ config, logger, nowMs = Date.now, feedTimings = FEED_TIMINGS }: PubDeps): Pub {
  let known: Tables | undefined;
  /** When the tables were last known to be current. */
  let currentAtMs: number | undefined;
  let isDraining = false;
  const steadyMs = (): number => performance.now();

  const confirmation = createConfirmation(feedTimings.confirmationMs);
  const stats = createCallStats();
  const tunnels = createTunnels();
  const loads = createInstanceLoads<Agent>({
    nowMs: steadyMs,
    createPool: createConnectionPool,
    closePool: (pool) => pool.destroy(),
    isRouted: (instanceId) => known?.jobs.isRouted(instanceId) === true,
    onDrained: () => feed.acknowledge(),
  });
  const saver = createSnapshotSaver({
    path: config.snapshotPath,
    logger,
    nowMs,
    delayMs: SNAPSHOT_DELAY_MS,
    tables: () => known,
  });
  const feed = createFeedClient({
    path: config.feedPath,
    pubId: randomUUID(),
    logger,
    stats,
    nowMs,
    tables: () => known,
    swap: (tables) => {
      known = tables;
    },
    onApplied: () => {
      confirmation.confirm();
      loads.forgetUnrouted();
      tunnels.reviewAll();
      saver.schedule();
    },
    inFlight: () => loads.inFlight(),
    timings: feedTimings,
  });
  const feedAgeMs = (): number | undefined => {
    const heardAtMs = feed.lastHeardAtMs() ?? currentAtMs;
    return heardAtMs === undefined ? undefined : Math.max(0, nowMs() - heardAtMs);
  };
  const metrics = createMetrics({
    isKnownJob: (name, version) => known?.jobs.has(name, version) === true,
    feedStatus: () => ({
      isConnected: feed.isConnected(),
      ageS: toSeconds(feedAgeMs()),
      revision: known?.revision,
    }),
  });
  const lane = createGeneralLane({
    ...config,
    loads,
    tunnels,
    logger,
    metrics,
    stats,
    nowMs,
    steadyMs,
    isDraining: () => isDraining,
    instancesOf: ({ route }) => {
      const lookup = known?.jobs.find(route.name, route.version);
      return lookup?.kind === 'found' ? lookup.job.route.instances : [];
    },
    untilConfirmed: () => confirmation.wait(),
    tables: () => {
      const isTooOld =
        config.maxFeedAgeMs > 0 && !feed.isConnected() && (feedAgeMs() ?? 0) > config.maxFeedAgeMs;
      return isTooOld ? undefined : known;
    },
  });
  const http = createHttpServer(lane);

  return {
    server: http.server,
    async start() {
      const loaded = await loadSnapshot(config.snapshotPath).catch((error: unknown) => {
        logger.warn({ reason: messageOf(error) }, 'snapshot on disk is ignored');
        return undefined;
      });
      known ??= loaded?.tables;
      currentAtMs = loaded?.savedAtMs;
      confirmation.begin();
      feed.start();
    },
    async stop(timeoutMs) {
      isDraining = true;
      confirmation.confirm();
      await http.close(timeoutMs);
      feed.stop();
      loads.close();
      await saver.stop();
    },
  };
}

function toSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
