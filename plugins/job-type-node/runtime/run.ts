import { fileURLToPath } from 'node:url';
import { CallDesk } from './server/call-desk.ts';
import type { Endpoint } from './server/call.ts';
import { Documents } from './server/documents.ts';
import { createJobServer } from './server/http-server.ts';
import { listen } from './server/listen.ts';
import { createLog } from './server/log.ts';
import { JobMetrics } from './server/metrics.ts';
import { parseCommand } from './server/options.ts';
import { Probes } from './server/probes.ts';
import { renderProcessMetrics } from './server/process-metrics.ts';
import { Router } from './server/router.ts';
import { handleSignals } from './server/shutdown.ts';
import { UserMetrics } from './server/user-metrics.ts';
import { Workers } from './server/workers.ts';
import { readSettings } from './shared/settings.ts';

/** Files of the Swagger page, beside this one in an environment. */
const SWAGGER_DIR = fileURLToPath(new URL('swagger/', import.meta.url));
/** Signs of life for each call timeout. */
const HEARTBEATS = 5;

const command = parseCommand(process.argv.slice(2));
const settings = readSettings();
const log = createLog(settings);
const probes = new Probes(settings);
const metrics = new JobMetrics();
const endpoints = new Map<string, Endpoint>();
const desk = new CallDesk({
  metrics,
  limits: command,
  callTimeoutMs: command.callTimeoutMs,
  chooseWorker: () => workers.leastBusy(),
  endWorker: (worker, reason) => workers.end(worker, reason),
});
const userMetrics = new UserMetrics(() => workers.leastBusy());
const documents = new Documents({
  settings,
  probes,
  homePage: command.homePage,
  swaggerDir: SWAGGER_DIR,
  readMetrics: async () => metrics.render() + renderProcessMetrics() + (await userMetrics.read()),
});
const { server, lane } = createJobServer({
  settings,
  desk,
  router: new Router({ probes, documents, endpoints, log }),
});
process.on('exit', () => log.flush());
await listen(server, command.uds, command.port);

const workers = new Workers({
  start: {
    entrypointPath: command.entrypointPath,
    entrypointClass: command.entrypointClass,
    signaturePath: command.signaturePath,
    heartbeatMs: command.callTimeoutMs / HEARTBEATS,
  },
  count: command.workers,
  onReports(worker, batch) {
    userMetrics.take(batch);
    desk.take(worker, batch);
  },
  onReady(job) {
    if (probes.isReady) return;
    for (const [index, { path }] of job.endpoints.entries()) {
      endpoints.set(`/api/v1${path}`, { index, metrics: metrics.endpoint(path) });
    }
    userMetrics.isWanted = job.hasMetrics;
    documents.becomeReady(job);
    probes.isReady = true;
    log.line('INFO', 'the job is ready');
  },
  onFailed(error) {
    probes.error = error;
    probes.isReady = false;
    endpoints.clear();
    documents.becomeFailed();
    log.line('ERROR', `the job could not be initialised: ${error}`);
  },
  onInterrupted(error) {
    probes.interruption = error;
    if (error === null) log.line('INFO', 'the job is ready again');
    else log.line('ERROR', `no thread of the job is left, it is tried again: ${error}`);
  },
  onEnd(worker, reason) {
    log.line('ERROR', `a thread of the job has ended: ${reason}`);
    desk.abandon(worker, `the thread of the job has ended: ${reason}`);
  },
});
handleSignals({ server, lane, desk, workers, log, graceMs: settings.graceMs });
