import type { Logger } from 'pino';
import { createAsyncCallRepository, type Store } from '@racetrack-platform/db';
import type { StoreOutage } from '../store/store-outage.ts';

export interface AsyncCallPurgeDeps {
  readonly store: Pick<Store, 'db'>;
  readonly outage: Pick<StoreOutage, 'isCause'>;
  readonly logger: Logger;
  /** Milliseconds that a stored call is kept from its beginning. */
  readonly lifetimeMs: number;
}

/** A shorter lifetime is looked after as often as it ends. */
const INTERVAL_MS = 3_600_000;

/** Forgets stored calls that nobody has fetched in time; any number of replicas may do so at once. */
export class AsyncCallPurge {
  readonly #deps: AsyncCallPurgeDeps;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(deps: AsyncCallPurgeDeps) {
    this.#deps = deps;
  }

  /** At once, and then every hour at least. */
  start(): void {
    const run = (): void => void (this.#running = this.run());
    run();
    this.#timer = setInterval(run, Math.min(INTERVAL_MS, this.#deps.lifetimeMs));
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Never rejects: what could not be done now is done in an hour. */
  async run(): Promise<void> {
    const { store, outage, logger, lifetimeMs } = this.#deps;
    try {
      const count = await createAsyncCallRepository(store.db).purge(Date.now() - lifetimeMs);
      if (count > 0) logger.info({ count }, 'old asynchronous calls forgotten');
    } catch (error) {
      if (!outage.isCause(error)) logger.error({ err: error }, 'old asynchronous calls stay for now');
    }
  }
}
