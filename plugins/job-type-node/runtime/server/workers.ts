import type { JobDescription, ReportBatch, WorkerNotice, WorkerStart } from '../shared/protocol.ts';
import { JobWorker } from './job-worker.ts';

export interface WorkersDeps {
  readonly start: Omit<WorkerStart, 'begun'>;
  readonly count: number;
  readonly onReports: (worker: JobWorker, batch: ReportBatch) => void;
  /** All of them have initialised the job, at the start. */
  readonly onReady: (description: JobDescription) => void;
  /** One could not, at the start. */
  readonly onFailed: (error: string) => void;
  /** None is left, and why; `null`: one is back. */
  readonly onInterrupted: (error: string | null) => void;
  /** One has ended with its calls; another one takes its place. */
  readonly onEnd: (worker: JobWorker, reason: string) => void;
}

/** One that has been ready for as long is no sign of trouble when it ends. */
const STABLE_MS = 30_000;
/** For as long as this, calls wait for a thread that takes the place of the last one; then the job is not ready. */
const PATIENCE_MS = 3_000;
const FIRST_PAUSE_MS = 1_000;
const LAST_PAUSE_MS = 30_000;

/** The threads with the job's code. One that ends is replaced, unless the job could not be initialised at the start. */
export class Workers {
  readonly #deps: WorkersDeps;
  readonly #workers: JobWorker[] = [];
  readonly #ready = new Set<JobWorker>();
  /** Whether all of them have been ready once. */
  #hasBegun = false;
  #hasFailed = false;
  /** Why none is left. */
  #interruption: string | null = null;
  /** Ends in a row that may come again at once. */
  #troubles = 0;
  #isStopped = false;

  constructor(deps: WorkersDeps) {
    this.#deps = deps;
    for (let count = 0; count < deps.count; count += 1) this.#workers.push(this.#create());
  }

  /** The one with the fewest calls, one that is being initialised only when there is no other; or why there is none. */
  readonly leastBusy = (): JobWorker | string => {
    let best: JobWorker | undefined;
    const candidates = this.#ready.size > 0 || this.#interruption !== null ? this.#ready : this.#workers;
    for (const worker of candidates) {
      if (best === undefined || worker.calls.size < best.calls.size) best = worker;
    }
    return (
      best ??
      `the job takes no calls at the moment, since it could not be initialised again: ${this.#interruption}. That is tried again by itself; call again in a while, or see the log of the job`
    );
  };

  /** Ends one, whatever it is doing; another one takes its place at once. */
  end(worker: JobWorker, reason: string): void {
    this.#replace(worker, reason, true);
    worker.end();
  }

  /** Ends all of them for good. */
  stop(): void {
    this.#isStopped = true;
    for (const worker of this.#workers) worker.end();
  }

  #create(): JobWorker {
    return new JobWorker(this.#deps.start, {
      onReports: this.#deps.onReports,
      onNotice: (worker, notice) => this.#take(worker, notice),
      onExit: (worker, reason) => this.#replace(worker, reason),
    });
  }

  #take(worker: JobWorker, notice: WorkerNotice): void {
    if (!this.#workers.includes(worker)) return;
    if (notice.type === 'failed') {
      if (!this.#hasBegun) return this.#fail(notice.error);
      this.#replace(worker, notice.error);
      return worker.end();
    }
    worker.readyAt = performance.now();
    this.#ready.add(worker);
    this.#interrupt(null);
    if (this.#hasBegun || this.#ready.size < this.#deps.count) return;
    this.#hasBegun = true;
    this.#deps.onReady(notice.description);
  }

  #interrupt(error: string | null): void {
    if (error === this.#interruption) return;
    this.#interruption = error;
    this.#deps.onInterrupted(error);
  }

  #fail(error: string): void {
    this.#hasFailed = true;
    this.#deps.onFailed(error);
  }

  #replace(worker: JobWorker, reason: string, isOurWish = false): void {
    const place = this.#workers.indexOf(worker);
    const wasReady = this.#ready.delete(worker);
    if (this.#isStopped || place === -1) return;
    if (this.#hasBegun || (wasReady && !this.#hasFailed)) {
      this.#workers.splice(place, 1);
      // Before its calls are answered: those that waited for their turn need a worker at once.
      this.#createAfter(this.#choosePause(worker, isOurWish));
      if (this.#workers.length === 0) this.#interrupt(reason);
      else if (wasReady && this.#ready.size === 0) this.#watchInitialisation();
    } else if (!this.#hasFailed) {
      this.#fail(`the thread of the job ended: ${reason}`);
    }
    // That one could not be initialised at the start has been told already.
    if (wasReady || this.#hasBegun || worker.calls.size > 0) this.#deps.onEnd(worker, reason);
  }

  /** Readiness follows when none becomes ready in time, also when the initialisation never ends. */
  #watchInitialisation(): void {
    const lateReason = `its initialisation takes longer than ${PATIENCE_MS / 1000} s`;
    setTimeout(() => {
      if (!this.#isStopped && this.#ready.size === 0 && this.#interruption === null)
        this.#interrupt(lateReason);
    }, PATIENCE_MS).unref();
  }

  #createAfter(pauseMs: number): void {
    if (pauseMs === 0) this.#workers.push(this.#create());
    else setTimeout(() => this.#isStopped || this.#createAfter(0), pauseMs).unref();
  }

  /** Milliseconds until the next one: none at first, then more and more while they end soon or never become ready. */
  #choosePause({ readyAt }: JobWorker, isOurWish: boolean): number {
    if (readyAt > 0 && performance.now() - readyAt >= STABLE_MS) this.#troubles = 0;
    if (readyAt > 0 && isOurWish) return 0;
    const doublings = readyAt === 0 ? this.#troubles : this.#troubles - 1;
    this.#troubles += 1;
    return doublings < 0 ? 0 : Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** doublings);
  }
}
