import { FIRST_STATUS, REPORT_SIZE, type ReportBatch } from '../shared/protocol.ts';
import type { JobWorker } from './job-worker.ts';

/** The job's own metrics are left out of a scrape that they would hold up for longer. */
const TIMEOUT_MS = 1_000;

/** Asks the job's code for its metrics. Its questions have negative ids, calls positive ones. */
export class UserMetrics {
  isWanted = false;
  readonly #chooseWorker: () => JobWorker | string;
  readonly #questions = new Map<number, (text: string) => void>();
  #lastId = 0;

  constructor(chooseWorker: () => JobWorker | string) {
    this.#chooseWorker = chooseWorker;
  }

  /** As text of the Prometheus format; empty when there are none, or they do not come in time. */
  async read(): Promise<string> {
    const worker = this.#chooseWorker();
    if (!this.isWanted || typeof worker === 'string') return '';
    this.#lastId -= 1;
    const id = this.#lastId;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#questions.delete(id);
        resolve('');
      }, TIMEOUT_MS);
      this.#questions.set(id, (text) => {
        clearTimeout(timer);
        resolve(text);
      });
      worker.askForMetrics(id);
    });
  }

  /** Picks the answers out of what a worker reports. */
  take(batch: ReportBatch): void {
    if (this.#questions.size === 0) return;
    for (let at = 0; at < batch.length; at += REPORT_SIZE) {
      const id = batch[at + 1] as number;
      if ((batch[at] as number) < FIRST_STATUS || id > 0) continue;
      this.#questions.get(id)?.(String(batch[at + 3]));
      this.#questions.delete(id);
    }
  }
}
