import type { PubMessage } from '@racetrack-platform/contracts/processes';
import { messageOf } from '@racetrack-platform/errors';
import { connect, type Socket } from 'node:net';
import type { Logger } from '../telemetry/logger.ts';
import type { CallStatsCollector } from './call-stats.ts';
import { createFeedReceiver } from './feed-receiver.ts';
import { createLineSplitter } from './line-splitter.ts';
import type { Tables } from './tables.ts';

export interface FeedTimings {
  /** First pause before connecting again; doubles up to the longest, with jitter. */
  readonly minBackoffMs: number;
  readonly maxBackoffMs: number;
  /** Without any message for so long, the peer counts as dead; lifecycle sends a ping every 5 s. */
  readonly silenceMs: number;
  /** How often call statistics are sent. */
  readonly statsIntervalMs: number;
  /** For how long after the start those whom tables from disk refuse wait for lifecycle's first word. */
  readonly confirmationMs: number;
}

export const FEED_TIMINGS: FeedTimings = {
  minBackoffMs: 50,
  maxBackoffMs: 1_000,
  silenceMs: 15_000,
  statsIntervalMs: 1_000,
  // Control needs about two seconds to start beside pub.
  confirmationMs: 3_000,
};

/** A subject with a hundred thousand grants takes about 10 MB. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;
/** A peer that reads nothing while acknowledgements pile up is given up. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;

export interface FeedClientDeps {
  /** Path of the feed's Unix socket. */
  readonly path: string;
  readonly pubId: string;
  readonly logger: Logger;
  readonly stats: CallStatsCollector;
  readonly tables: () => Tables | undefined;
  readonly swap: (tables: Tables) => void;
  /** Called after a revision was applied, before it is acknowledged. */
  readonly onApplied: () => void;
  /** Calls in flight per instance. */
  readonly inFlight: () => Record<string, number>;
  readonly nowMs: () => number;
  readonly timings: FeedTimings;
}

/** The connection to lifecycle's change feed, which is re-established for ever. */
export interface FeedClient {
  start(): void;
  /** Tells lifecycle again which instances are busy. */
  acknowledge(): void;
  isConnected(): boolean;
  /** When lifecycle was last heard; `undefined`: never by this process. */
  lastHeardAtMs(): number | undefined;
  /** Sends what is left and closes. */
  stop(): void;
}

/** Creates the client, not yet connected. */
export function createFeedClient(deps: FeedClientDeps): FeedClient {
  const { timings } = deps;
  let socket: Socket | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let statsTimer: NodeJS.Timeout | undefined;
  let isStopped = false;
  /** A snapshot arrived on this connection: lifecycle waits for our acknowledgements. */
  let isSynchronised = false;
  let failures = 0;
  let lastHeardAtMs: number | undefined;

  function open(): void {
    if (isStopped) return;
    const opened = connect({ path: deps.path });
    const receive = createFeedReceiver({ ...deps, onApplied: () => onApplied() });
    const split = createLineSplitter(MAX_LINE_BYTES, receive);
    socket = opened;
    // Not the socket's own timeout: that one counts what we send as life, too.
    const silence = setTimeout(() => {
      opened.destroy(new Error(`no message for ${timings.silenceMs} ms`));
    }, timings.silenceMs);
    opened.once('connect', () => send({ type: 'hello', pubId: deps.pubId, pid: process.pid }));
    opened.on('data', (chunk: Buffer) => {
      lastHeardAtMs = deps.nowMs();
      silence.refresh();
      try {
        split(chunk);
      } catch (error) {
        deps.logger.error({ err: error }, 'feed broke the protocol');
        opened.destroy();
      }
    });
    opened.once('error', (error) => {
      if (failures !== 0) return;
      // At the start of the family control is not up yet: that is no news.
      const level = lastHeardAtMs === undefined ? 'info' : 'warn';
      deps.logger[level]({ reason: messageOf(error) }, 'feed connection failed');
    });
    opened.once('close', () => {
      clearTimeout(silence);
      onClosed(opened);
    });
  }

  function onApplied(): void {
    if (!isSynchronised) deps.logger.info({ revision: deps.tables()?.revision }, 'feed connected');
    isSynchronised = true;
    failures = 0;
    deps.onApplied();
    acknowledge();
  }

  function onClosed(closed: Socket): void {
    if (socket !== closed) return;
    socket = undefined;
    if (isSynchronised && !isStopped) deps.logger.warn('feed disconnected; calls go on with what is known');
    isSynchronised = false;
    if (isStopped) return;
    const longestMs = Math.min(timings.maxBackoffMs, timings.minBackoffMs * 2 ** Math.min(failures, 20));
    failures += 1;
    retryTimer = setTimeout(open, longestMs * (0.5 + Math.random() / 2));
  }

  function send(message: PubMessage): void {
    if (socket === undefined || socket.destroyed) return;
    socket.write(`${JSON.stringify(message)}\n`);
    if (socket.writableLength > MAX_UNSENT_BYTES) socket.destroy(new Error('lifecycle reads nothing'));
  }

  function acknowledge(): void {
    const tables = deps.tables();
    if (!isSynchronised || tables === undefined) return;
    send({ type: 'ack', revision: tables.revision, inFlight: deps.inFlight() });
  }

  function flushStats(): void {
    if (!isSynchronised) return;
    const { jobs, edges } = deps.stats.take();
    if (jobs.length > 0) send({ type: 'stats', jobs, edges });
  }

  return {
    start() {
      statsTimer = setInterval(flushStats, timings.statsIntervalMs);
      open();
    },
    acknowledge,
    isConnected: () => isSynchronised,
    lastHeardAtMs: () => lastHeardAtMs,
    stop() {
      isStopped = true;
      clearTimeout(retryTimer);
      clearInterval(statsTimer);
      flushStats();
      socket?.end();
      socket?.destroySoon();
    },
  };
}
