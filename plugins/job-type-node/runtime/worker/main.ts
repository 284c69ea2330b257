import { parentPort, workerData } from 'node:worker_threads';
import {
  FIRST_STATUS,
  Order,
  ORDER_SIZE,
  type OrderBatch,
  type WorkerNotice,
  type WorkerStart,
} from '../shared/protocol.ts';
import { CallRunner } from './call-runner.ts';
import { forbidExit, offerHelper, surviveErrors } from './guard-process.ts';
import { describeJob, type Job } from './job.ts';
import { loadEntrypoint } from './load-entrypoint.ts';
import { describeFailure, logFailure, summarise } from './present-error.ts';
import { ReportQueue } from './report-queue.ts';
import { captureOutput } from './user-log.ts';
import { renderUserMetrics } from './user-metrics.ts';

if (parentPort === null) throw new Error('this file is the beginning of a worker thread');
const port = parentPort;
const start = workerData as WorkerStart;

captureOutput();
forbidExit();
offerHelper();

try {
  const entrypoint = await loadEntrypoint(start.entrypointPath, start.entrypointClass);
  const job = await describeJob(entrypoint, start.signaturePath);
  surviveErrors();
  serve(job);
  notify({ type: 'ready', description: job.description });
} catch (error) {
  // The server writes it to the log.
  notify({ type: 'failed', error: summarise(error) });
}

function notify(notice: WorkerNotice): void {
  port.postMessage(notice);
}

function serve(job: Job): void {
  const reports = new ReportQueue(port);
  const runner = new CallRunner(job, reports);
  port.on('message', (orders: OrderBatch) => {
    runner.isInBatch = true;
    for (let at = 0; at < orders.length; at += ORDER_SIZE) {
      const id = orders[at + 1] as number;
      const number = orders[at + 2] as number;
      const text = orders[at + 3] as string;
      switch (orders[at]) {
        case Order.Call:
          Atomics.add(start.begun, 0, 1);
          runner.start(id, number, text, orders[at + 4] as string);
          break;
        case Order.Abort:
          runner.abort(id, text);
          break;
        case Order.Acknowledge:
          runner.acknowledge(id, number);
          break;
        default:
          void readMetrics(job).then((metrics) => {
            reports.push(FIRST_STATUS, id, '', metrics);
            reports.schedule();
          });
      }
    }
    runner.isInBatch = false;
    reports.flush();
  });
  if (start.heartbeatMs > 0) setInterval(() => port.postMessage(0), start.heartbeatMs).unref();
}

async function readMetrics(job: Job): Promise<string> {
  try {
    return renderUserMetrics(await job.readMetrics?.());
  } catch (error) {
    const failure = describeFailure(error);
    logFailure(
      { ...failure, message: `metrics() of the job failed: ${failure.message}`, status: 500 },
      error,
    );
    return '';
  }
}
