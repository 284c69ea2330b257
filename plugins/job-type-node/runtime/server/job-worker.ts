import { Worker } from 'node:worker_threads';
import {
  Order,
  type OrderBatch,
  type ReportBatch,
  type WorkerNotice,
  type WorkerStart,
} from '../shared/protocol.ts';
import type { Call } from './call.ts';

/** Who hears what a worker says. */
export interface WorkerListener {
  onReports(worker: JobWorker, batch: ReportBatch): void;
  onNotice(worker: JobWorker, notice: WorkerNotice): void;
  /** It has ended, for whatever reason; its calls are still in it. */
  onExit(worker: JobWorker, reason: string): void;
}

const WORKER_FILE = new URL('../worker/main.ts', import.meta.url);

/** A thread with an instance of the job, and the calls that are in it. */
export class JobWorker {
  readonly calls = new Map<number, Call>();
  /** Milliseconds of the monotonic clock at which it said something. */
  lastSeen = performance.now();
  /** The same at which it had initialised the job; 0 before. */
  readyAt = 0;
  readonly #thread: Worker;
  /** How many calls the thread has begun: it cannot say so while it computes. */
  readonly #begun = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #handedOver = 0;
  #orders: OrderBatch = [];
  #isScheduled = false;
  readonly #flush = (): void => {
    this.#isScheduled = false;
    const orders = this.#orders;
    if (orders.length === 0) return;
    this.#orders = [];
    this.#thread.postMessage(orders);
  };

  constructor(start: Omit<WorkerStart, 'begun'>, listener: WorkerListener) {
    this.#thread = new Worker(WORKER_FILE, {
      workerData: { ...start, begun: this.#begun },
      argv: [start.entrypointPath],
    });
    let lastError = '';
    this.#thread.on('message', (message: ReportBatch | WorkerNotice | number) => {
      this.lastSeen = performance.now();
      if (typeof message === 'number') return;
      if (Array.isArray(message)) listener.onReports(this, message);
      else listener.onNotice(this, message);
    });
    this.#thread.on('error', (error) => {
      lastError = error instanceof Error ? error.message : String(error);
    });
    this.#thread.on('exit', (code) => {
      listener.onExit(this, lastError || `it ended with exit code ${code}`);
    });
  }

  /** Hands a call over, together with its neighbours of this round of the loop. */
  run(call: Call): void {
    this.calls.set(call.id, call);
    call.worker = this;
    this.#handedOver += 1;
    call.turn = this.#handedOver;
    this.#orders.push(Order.Call, call.id, call.endpoint.index, call.headers, call.body);
    this.#schedule();
  }

  /** Whether the call still waits for others in the same thread. */
  isWaiting(call: Call): boolean {
    return Atomics.load(this.#begun, 0) < call.turn;
  }

  abort(call: Call, reason: string): void {
    this.#orders.push(Order.Abort, call.id, 0, reason, '');
    this.#schedule();
  }

  acknowledge(id: number, chunks: number): void {
    this.#orders.push(Order.Acknowledge, id, chunks, '', '');
    this.#schedule();
  }

  askForMetrics(id: number): void {
    this.#orders.push(Order.Metrics, id, 0, '', '');
    this.#schedule();
  }

  /** Ends the thread, whatever it is doing. */
  end(): void {
    void this.#thread.terminate();
  }

  /** A message wakes the other thread, which costs more than a call: it waits until all sockets have been read. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#flush);
  }
}
