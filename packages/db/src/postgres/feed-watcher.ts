import { Client, type ClientConfig } from 'pg';

/** How soon a change is seen whose notification was lost. */
const POLL_INTERVAL_MS = 1_000;
const RECONNECT_DELAY_MS = 500;
/** Notifications of the feed carry the revision they announce. */
export const FEED_CHANNEL = 'racetrack_feed';

interface FeedWatcherDeps {
  readonly client: ClientConfig;
  /** The revision the store is at. */
  readonly readRevision: () => Promise<number>;
  readonly onRevision: (revision: number) => void;
}

/**
 * Tells of revisions that other processes commit: by LISTEN on a connection of its own, which is made anew when it
 * breaks, and by looking once a second, so that a lost notification only delays.
 */
export class FeedWatcher {
  readonly #deps: FeedWatcherDeps;
  #client: Client | undefined;
  #poll: NodeJS.Timeout | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #polling = false;
  #closed = false;

  constructor(deps: FeedWatcherDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#listen();
    this.#poll = setInterval(() => void this.#look(), POLL_INTERVAL_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#reconnect);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }

  #listen(): void {
    const client = new Client(this.#deps.client);
    this.#client = client;
    client.on('notification', ({ payload }) => this.#deps.onRevision(Number(payload)));
    client.on('error', () => undefined);
    client.once('end', () => this.#listenAgain(client));
    client
      .connect()
      .then(async () => await client.query(`listen ${FEED_CHANNEL}`))
      // What was committed before we listened is found by looking.
      .then(async () => await this.#look())
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

  async #look(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      this.#deps.onRevision(await this.#deps.readRevision());
    } catch {
      // The store is away: its users are told, and we look again.
    } finally {
      this.#polling = false;
    }
  }
}
