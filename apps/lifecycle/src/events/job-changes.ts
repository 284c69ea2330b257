import { createFeedRepository, createJobRepository, type Store } from '@racetrack-platform/db';
import type { Logger } from 'pino';
import { isStoreOutage } from '../store/store-outage.ts';

/** A job that changed; `status` is null when it is gone. */
export interface JobChange {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly status: string | null;
}

export type JobChangesListener = (changes: readonly JobChange[]) => void;

export interface JobChangesDeps {
  readonly store: Store;
  readonly logger: Logger;
}

/** What comes so soon after another change is told with it. */
const GATHERING_MS = 100;

/**
 * Tells which jobs changed, from the store's own notifications: nothing is asked while nobody listens, and nothing is
 * asked again and again while somebody does.
 */
export class JobChanges {
  readonly #deps: JobChangesDeps;
  readonly #listeners = new Set<JobChangesListener>();
  #revision: number | undefined;
  #started: Promise<void> | undefined;
  #unsubscribe: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isReading = false;

  constructor(deps: JobChangesDeps) {
    this.#deps = deps;
  }

  /** Changes from now on. Returns the way to stop. */
  async listen(listener: JobChangesListener): Promise<() => void> {
    this.#listeners.add(listener);
    const leave = (): void => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
    try {
      await (this.#started ??= this.#start());
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  async #start(): Promise<void> {
    // Before the revision is asked for, so that nothing falls in between.
    this.#unsubscribe ??= this.#deps.store.onFeedChanged(() => this.#schedule());
    this.#revision = await createFeedRepository(this.#deps.store.db).currentRevision();
  }

  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.#started = undefined;
    this.#revision = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listeners.clear();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#isReading) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#read();
    }, GATHERING_MS);
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    let isBehind = false;
    try {
      isBehind = await this.#tell();
    } catch (error) {
      // The next notification makes up for it: the revision has not moved.
      if (!isStoreOutage(error)) this.#deps.logger.error({ err: error }, 'changes of jobs could not be told');
    } finally {
      this.#isReading = false;
    }
    if (isBehind) this.#schedule();
  }

  /** Answers whether there was anything: then more may have come meanwhile. */
  async #tell(): Promise<boolean> {
    const since = this.#revision;
    if (since === undefined) return false;
    const { db } = this.#deps.store;
    const feed = createFeedRepository(db);
    const found = await feed.findChangesSince(since);
    const changes = found === undefined ? await this.#readAll() : await this.#readJobs(found.changes);
    const revision = found?.revision ?? (await feed.currentRevision());
    if (this.#revision === undefined) return false;
    this.#revision = revision;
    if (changes.length > 0) for (const listener of this.#listeners) listener(changes);
    return revision > since;
  }

  async #readJobs(changed: readonly { readonly kind: string; readonly id: string }[]): Promise<JobChange[]> {
    const jobs = createJobRepository(this.#deps.store.db);
    const changes: JobChange[] = [];
    for (const { kind, id } of changed) {
      if (kind !== 'job') continue;
      const job = await jobs.findById(id);
      const gone = job === undefined ? await jobs.findDeleted(id) : undefined;
      if (job !== undefined) changes.push(describe(job, job.status));
      else if (gone !== undefined) changes.push(describe(gone, null));
    }
    return changes;
  }

  /** When the history does not reach back so far, any job may have changed. */
  async #readAll(): Promise<JobChange[]> {
    const jobs = await createJobRepository(this.#deps.store.db).list();
    return jobs.map((job) => describe(job, job.status));
  }
}

function describe({ id, name, version }: Omit<JobChange, 'status'>, status: string | null): JobChange {
  return { id, name, version, status };
}
