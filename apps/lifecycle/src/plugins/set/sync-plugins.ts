import { createPluginRepository, type Store } from '@racetrack-platform/db';
import type { PluginHostLogger } from '@racetrack-platform/plugin-engine';
import type { StoreOutage } from '../../store/store-outage.ts';
import type { LivePluginSet } from './open-plugin-set.ts';

export interface SyncPluginsDeps {
  readonly store: Store;
  readonly outage: Pick<StoreOutage, 'isCause'>;
  readonly set: LivePluginSet;
  readonly logger: PluginHostLogger;
  /** Whether this replica is the one that looks after what belongs to no host in particular. */
  readonly isLeader: () => Promise<boolean>;
  /** @defaultValue a second */
  readonly intervalMs?: number;
}

const INTERVAL_MS = 1_000;
const HOUR_MS = 3_600_000;

/**
 * Keeps this replica's set the same as the store's, whoever changes it: others see an installation within seconds. Brings
 * the files of new plugins here, and once an hour removes what nothing needs any more.
 */
export class PluginSync {
  readonly #deps: SyncPluginsDeps;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #preparing: Promise<void> | undefined;
  #tidiedAt = 0;

  constructor(deps: SyncPluginsDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => {
      // One at a time: a store that hangs must not be given a heap of questions.
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    }, this.#deps.intervalMs ?? INTERVAL_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#looking;
    await this.#preparing;
  }

  async #look(): Promise<void> {
    const { store, set, outage, logger } = this.#deps;
    try {
      const revision = await createPluginRepository(store.db).revision();
      if (revision !== set.revision && !this.#stopping.signal.aborted) await set.reload();
      if (Date.now() - this.#tidiedAt > HOUR_MS) await this.#tidy();
    } catch (error) {
      if (!outage.isCause(error))
        logger.error({ err: error }, 'plugins could not be taken over from the store');
    }
    // Beside the looking: it may take minutes to install what a plugin requires.
    this.#preparing ??= set.prepareDue(this.#stopping.signal).finally(() => {
      this.#preparing = undefined;
    });
  }

  async #tidy(): Promise<void> {
    const { store, set, isLeader } = this.#deps;
    this.#tidiedAt = Date.now();
    await set.collect();
    if (!(await isLeader())) return;
    await store.transaction(
      async ({ db }) => await createPluginRepository(db).removeUnusedArchives(Date.now() - HOUR_MS),
    );
  }
}
