import { Client, type ClientConfig } from 'pg';
import type { RevisionPoll } from '../revision-poll.ts';

const RECONNECT_DELAY_MS = 500;
/** Notifications of the feed carry the revision they announce. */
export const FEED_CHANNEL = 'racetrack_feed';

/**
 * Tells of revisions that other processes commit: by LISTEN on a connection of its own, which is made anew when it
 * breaks, and by looking once a second, so that a lost notification only delays.
 */
export class FeedWatcher {
  readonly #poll: RevisionPoll;
  readonly #config: ClientConfig;
  readonly #onRevision: (revision: number) => void;
  #client: Client | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(poll: RevisionPoll, config: ClientConfig, onRevision: (revision: number) => void) {
    this.#poll = poll;
    this.#config = config;
    this.#onRevision = onRevision;
  }

  start(): void {
    this.#listen();
    this.#poll.start();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#poll.close();
    clearTimeout(this.#reconnect);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #listen(): void {
    const client = new Client(this.#config);
    this.#client = client;
    client.on('notification', ({ payload }) => this.#onRevision(Number(payload)));
    client.on('error', () => undefined);
    client.once('end', () => this.#listenAgain(client));
    client
      .connect()
      .then(async () => await client.query(`listen ${FEED_CHANNEL}`))
      // What was committed before we listened is found by looking.
      .then(async () => await this.#poll.look())
      .catch(async () => {
        await client.end().catch(() => undefined);
        this.#listenAgain(client);
      });
  }

  #listenAgain(client: Client): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    this.#reconnect = setTimeout(() => this.#listen(), RECONNECT_DELAY_MS);
  }
}
