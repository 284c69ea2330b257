import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import {
  pubMessageSchema,
  type CallEdgeStats,
  type CallStats,
  type FeedMessage,
} from '@racetrack-platform/contracts';
import { createFeedRepository, type Store } from '@racetrack-platform/db';
import type { StoreOutage } from '../store/store-outage.ts';
import { readRecord, readSnapshot, type AccountRecords } from './read-feed.ts';

/** A line goes out at least this often, so that pub notices a dead lifecycle (feed protocol). */
const PING_INTERVAL_MS = 5_000;
/** Each is read by itself: when more has changed at once, such as every token, reading all there is takes less. */
const MAX_CHANGES = 2_000;

export interface FeedSessionDeps {
  readonly store: Store;
  readonly accounts: AccountRecords;
  readonly storeId: string;
  readonly outage: StoreOutage;
  readonly onAck: () => void;
  readonly onStats: (jobs: readonly CallStats[], edges: readonly CallEdgeStats[]) => void;
}

/** One connected pub: sends it a snapshot, then every change, and remembers what it acknowledged. */
export class FeedSession {
  readonly #deps: FeedSessionDeps;
  readonly #socket: Socket;
  readonly #closed = new AbortController();
  #wake: () => void = () => {};
  #sentRevision = -1;
  #acknowledged = -1;
  #inFlight: Readonly<Record<string, number>> = {};

  constructor(deps: FeedSessionDeps, socket: Socket) {
    this.#deps = deps;
    this.#socket = socket;
  }

  /** The newest revision that this pub routes by; -1 before its first snapshot. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Calls in flight to an instance, as of the last acknowledgement. */
  inFlight(instanceId: string): number {
    return this.#inFlight[instanceId] ?? 0;
  }

  /** Serves the pub until its connection ends; a store that is away only makes it wait. */
  async run(): Promise<void> {
    this.#socket.on('close', () => this.close());
    this.#socket.on('error', () => this.close());
    this.#listen();
    const ping = setInterval(() => {
      this.#socket.write(encode({ type: 'ping', revision: this.#sentRevision }));
    }, PING_INTERVAL_MS);
    const { outage } = this.#deps;
    try {
      await outage.outlast(async () => await this.#sendSnapshot(), this.#closed.signal);
      while (!this.#closed.signal.aborted) {
        await outage.outlast(async () => await this.#sendChanges(), this.#closed.signal);
      }
    } catch (error) {
      if (!this.#closed.signal.aborted) throw error;
    } finally {
      clearInterval(ping);
      this.close();
    }
  }

  /** Something was committed: look for changes. */
  notify(): void {
    this.#wake();
  }

  close(): void {
    if (this.#closed.signal.aborted) return;
    this.#closed.abort();
    this.#socket.destroy();
    this.#wake();
  }

  #listen(): void {
    const lines = createInterface({ input: this.#socket });
    lines.on('line', (line) => this.#receive(line));
    lines.on('error', () => this.close());
  }

  #receive(line: string): void {
    const message = parseMessage(line);
    if (message === undefined) return this.close();
    if (message.type === 'ack') {
      this.#acknowledged = message.revision;
      this.#inFlight = message.inFlight;
      this.#deps.onAck();
    } else if (message.type === 'stats') {
      this.#deps.onStats(message.jobs, message.edges);
    }
  }

  async #sendSnapshot(): Promise<void> {
    const { result } = await this.#deps.store.transaction(
      async (trx) => await readSnapshot(this.#deps.accounts, trx.db),
    );
    await this.#send([
      { type: 'begin', storeId: this.#deps.storeId, revision: result.revision },
      ...result.records.map((record) => ({ type: 'put' as const, record })),
      { type: 'end', revision: result.revision },
    ]);
    this.#sentRevision = result.revision;
  }

  async #sendChanges(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const { result } = await this.#deps.store.transaction(async (trx) => {
      const found = await createFeedRepository(trx.db).findChangesSince(this.#sentRevision);
      if (found === undefined || found.changes.length > MAX_CHANGES) return undefined;
      const messages: FeedMessage[] = [];
      for (const change of found.changes) {
        const record = await readRecord(this.#deps.accounts, trx.db, change);
        messages.push(
          record ? { type: 'put', record } : { type: 'remove', kind: change.kind, id: change.id },
        );
      }
      return { revision: found.revision, messages };
    });
    if (result === undefined) return await this.#sendSnapshot();
    if (result.messages.length === 0) return await woken;
    await this.#send([...result.messages, { type: 'commit', revision: result.revision }]);
    this.#sentRevision = result.revision;
  }

  /** Waits for a slow pub instead of filling memory for it. */
  async #send(messages: readonly FeedMessage[]): Promise<void> {
    for (const message of messages) {
      if (this.#closed.signal.aborted) return;
      if (!this.#socket.write(encode(message))) await this.#drained();
    }
  }

  async #drained(): Promise<void> {
    await once(this.#socket, 'drain', { signal: this.#closed.signal }).catch(() => undefined);
  }
}

function encode(message: FeedMessage): string {
  return `${JSON.stringify(message)}\n`;
}

function parseMessage(line: string) {
  try {
    return pubMessageSchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
