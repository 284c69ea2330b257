import type { Logger } from 'pino';
import type { CallStats } from '@racetrack-platform/contracts';
import { createJobRepository, type Store } from '@racetrack-platform/db';
import type { StoreOutage } from '../store/store-outage.ts';

export interface CallNotesDeps {
  readonly store: Store;
  readonly outage: StoreOutage;
  readonly logger: Logger;
}

/** Stores when jobs were last called, as pubs report it; while the store is away, the newest times wait in memory. */
export class CallNotes {
  readonly #deps: CallNotesDeps;
  #pending = new Map<string, number>();
  #isWriting = false;

  constructor(deps: CallNotesDeps) {
    this.#deps = deps;
  }

  note(jobs: readonly CallStats[]): void {
    for (const { jobId, lastCallAt } of jobs) this.#remember(jobId, lastCallAt);
    if (!this.#isWriting) void this.#write();
  }

  #remember(jobId: string, calledAt: number): void {
    this.#pending.set(jobId, Math.max(calledAt, this.#pending.get(jobId) ?? 0));
  }

  async #write(): Promise<void> {
    const { store, outage, logger } = this.#deps;
    const batch = this.#pending;
    this.#pending = new Map();
    this.#isWriting = true;
    try {
      await store.transaction(async ({ db }) => {
        for (const [jobId, calledAt] of batch) await createJobRepository(db).noteCall(jobId, calledAt);
      });
    } catch (error) {
      // The next report brings another attempt.
      for (const [jobId, calledAt] of batch) this.#remember(jobId, calledAt);
      if (!outage.isCause(error)) logger.warn({ err: error }, 'the last calls of jobs could not be noted');
    } finally {
      this.#isWriting = false;
    }
  }
}
