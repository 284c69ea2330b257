import {
  pubMessageSchema,
  type FeedMessage,
  type FeedRecord,
  type PubMessage,
} from '@racetrack-platform/contracts/processes';
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { createLineSplitter } from '../feed/line-splitter.ts';
import { waitUntil } from './wait-until.ts';

export type FeedChange = { readonly put: FeedRecord } | { readonly remove: { kind: string; id: string } };

/** Lifecycle's side of the change feed, speaking the real protocol over a real socket. */
export interface FakeFeed {
  /** Everything that pub said, on all connections. */
  readonly received: PubMessage[];
  readonly connectionCount: () => number;
  /** Sends changes as one revision and waits until pub has acknowledged it. */
  commit(...changes: FeedChange[]): Promise<void>;
  /** Sends a message or a raw line as it is. */
  send(message: FeedMessage | string): void;
  /** Cuts the connections; pub will come back. */
  disconnect(): void;
  close(): Promise<void>;
}

export interface FakeFeedOptions {
  /** Sends nothing by itself. */
  readonly isSilent?: boolean;
  readonly storeId?: string;
  readonly revision?: number;
}

/** Listens on a Unix socket and sends every pub that connects a snapshot of the records. */
export async function startFakeFeed(
  path: string,
  initial: readonly FeedRecord[],
  { isSilent = false, storeId = 'store-1', revision: firstRevision = 1 }: FakeFeedOptions = {},
): Promise<FakeFeed> {
  const records = new Map(initial.map((record) => [`${record.kind} ${record.id}`, record]));
  const received: PubMessage[] = [];
  const sockets = new Set<Socket>();
  let revision = firstRevision;
  let connectionCount = 0;

  function send(message: FeedMessage | string): void {
    const line = typeof message === 'string' ? message : JSON.stringify(message);
    for (const socket of sockets) socket.write(`${line}\n`);
  }

  const server = createServer((socket) => {
    connectionCount += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    socket.on(
      'data',
      createLineSplitter(1_000_000, (line) => received.push(pubMessageSchema.parse(JSON.parse(line)))),
    );
    if (isSilent) return;
    const lines: FeedMessage[] = [
      { type: 'begin', storeId, revision },
      ...Array.from(records.values(), (record) => ({ type: 'put', record }) as const),
      { type: 'end', revision },
    ];
    socket.write(lines.map((message) => `${JSON.stringify(message)}\n`).join(''));
  });
  await rm(path, { force: true });
  await new Promise<void>((resolve) => void server.listen(path, resolve));

  return {
    received,
    connectionCount: () => connectionCount,
    send,
    async commit(...changes) {
      revision += 1;
      const committed = revision;
      for (const change of changes) {
        if ('put' in change) {
          records.set(`${change.put.kind} ${change.put.id}`, change.put);
          send({ type: 'put', record: change.put });
        } else {
          records.delete(`${change.remove.kind} ${change.remove.id}`);
          send({ type: 'remove', ...change.remove });
        }
      }
      send({ type: 'commit', revision });
      await waitUntil(() =>
        received.some(
          ({ type, ...rest }) => type === 'ack' && 'revision' in rest && rest.revision >= committed,
        ),
      );
    },
    disconnect() {
      for (const socket of sockets) socket.destroy();
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}
