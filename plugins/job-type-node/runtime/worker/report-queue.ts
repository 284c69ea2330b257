import type { MessagePort } from 'node:worker_threads';
import { REPORT_SIZE, type ReportBatch } from '../shared/protocol.ts';

const LOST = JSON.stringify({ error: 'the result could not be handed over', type: 'DataCloneError' });

/** Gathers reports, so that many cross in one message. */
export class ReportQueue {
  readonly #port: MessagePort;
  #waiting: ReportBatch = [];
  #isScheduled = false;
  readonly #send = (): void => {
    this.#isScheduled = false;
    this.flush();
  };

  constructor(port: MessagePort) {
    this.#port = port;
  }

  push(kind: number, id: number, mediaType: string, body: string | Uint8Array): void {
    this.#waiting.push(kind, id, mediaType, body);
  }

  /** Sends with whatever else this round of the loop brings. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#send);
  }

  flush(): void {
    const reports = this.#waiting;
    if (reports.length === 0) return;
    this.#waiting = [];
    try {
      this.#port.postMessage(reports);
    } catch {
      // One of them cannot cross; the others' callers wait for theirs.
      for (let at = 0; at < reports.length; at += REPORT_SIZE) {
        this.#postOne(reports.slice(at, at + REPORT_SIZE));
      }
    }
  }

  #postOne(report: ReportBatch): void {
    try {
      this.#port.postMessage(report);
    } catch {
      this.#port.postMessage([500, report[1] ?? 0, '', LOST]);
    }
  }
}
