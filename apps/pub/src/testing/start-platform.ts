import type { FeedRecord, RoutedInstance } from '@racetrack-platform/contracts/processes';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createRawServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { parseConfig } from '../config.ts';
import { createPub, type Pub } from '../create-pub.ts';
import type { FeedTimings } from '../feed/feed-client.ts';
import { startFakeFeed, type FakeFeed } from './fake-feed.ts';
import { buildSubject, buildToken } from './records.ts';
import { waitUntil } from './wait-until.ts';

export const TOKEN = 'token-of-alice';

/** A pub with a feed and jobs around it, in a directory of its own. */
export interface Platform {
  readonly url: string;
  readonly pub: Pub;
  readonly feed: FakeFeed;
  readonly directory: string;
  readonly feedPath: string;
  /** Starts an upstream on a Unix socket. */
  startInstance(id: string, listener: RequestListener): Promise<FakeInstance>;
  /** Starts an upstream that is given bare sockets. */
  startRawInstance(id: string, listener: (socket: Socket) => void): Promise<RoutedInstance>;
  stop(): Promise<void>;
}

export interface FakeInstance extends RoutedInstance {
  readonly server: Server;
}

/** Fast enough for tests, with the shape of the real ones. */
const TEST_TIMINGS: FeedTimings = {
  minBackoffMs: 10,
  maxBackoffMs: 50,
  silenceMs: 2_000,
  statsIntervalMs: 50,
  confirmationMs: 0,
};

export interface PlatformOptions {
  readonly records?: readonly FeedRecord[];
  readonly environment?: Record<string, string>;
  readonly feedTimings?: FeedTimings;
}

/** Starts a feed that knows `alice`, who may call everything, and a pub that follows it. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const directory = await mkdtemp(join(tmpdir(), 'pub-'));
  const feedPath = join(directory, 'f.sock');
  const records = options.records ?? [buildSubject('alice'), buildToken(TOKEN, 'alice')];
  const feed = await startFakeFeed(feedPath, records);
  const { pub, url } = await startPub(directory, feedPath, options);
  await waitUntil(() => feed.received.some(({ type }) => type === 'ack'));

  const servers: { close(): unknown }[] = [];
  return {
    url,
    pub,
    feed,
    directory,
    feedPath,
    async startInstance(id, listener) {
      const server = createServer({ keepAliveTimeout: 60_000 }, listener);
      const path = join(directory, `${id}.sock`);
      await new Promise<void>((resolve) => void server.listen(path, resolve));
      servers.push(server, { close: () => server.closeAllConnections() });
      return { id, address: { kind: 'unix', path }, server };
    },
    async startRawInstance(id, listener) {
      const server = createRawServer({ allowHalfOpen: true }, (socket) => {
        socket.on('error', () => {});
        listener(socket);
      });
      const path = join(directory, `${id}.sock`);
      await new Promise<void>((resolve) => void server.listen(path, resolve));
      servers.push(server);
      return { id, address: { kind: 'unix', path } };
    },
    async stop() {
      await pub.stop(0);
      await feed.close();
      for (const server of servers) server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Starts a pub alone. */
export async function startPub(
  directory: string,
  feedPath: string,
  options: PlatformOptions = {},
): Promise<{ readonly pub: Pub; readonly url: string }> {
  const config = parseConfig({
    RACETRACK_DATA_DIR: directory,
    RACETRACK_FEED: feedPath,
    ...options.environment,
  });
  const logger = pino({ level: process.env['PUB_TEST_LOG'] ?? 'silent' }, pino.destination(2));
  const pub = createPub({ config, logger, feedTimings: options.feedTimings ?? TEST_TIMINGS });
  await pub.start();
  await new Promise<void>((resolve) => void pub.server.listen(0, '127.0.0.1', resolve));
  const { port } = pub.server.address() as AddressInfo;
  return { pub, url: `http://127.0.0.1:${port}` };
}
