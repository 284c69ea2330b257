import type { Logger } from 'pino';
import type { JobStatus } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createInstanceRepository,
  createJobRepository,
  type InstanceRow,
  type JobRow,
  type Store,
} from '@racetrack-platform/db';
import { addressOf } from '../deployments/launch-instances.ts';
import { probeInstance, type ProbeResult } from '../deployments/probe-instance.ts';

export interface JobMonitorDeps {
  readonly store: Store;
  readonly logger: Logger;
}

const ROUND_INTERVAL_MS = 5_000;
/** Probes at once: one hanging job must not hold up the others. */
const CONCURRENCY = 16;

/** Looks at every job in turn and keeps its status and error as the API shows them. */
export class JobMonitor {
  readonly #deps: JobMonitorDeps;
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(deps: JobMonitorDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#schedule();
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopping.abort(new Error('the platform is stopping'));
    await this.#round;
  }

  #schedule(): void {
    this.#timer = setTimeout(() => {
      this.#round = this.#checkAll()
        .catch((error: unknown) => {
          if (!this.#stopping.signal.aborted) this.#deps.logger.error({ err: error }, 'monitoring failed');
        })
        .finally(() => this.#stopping.signal.aborted || this.#schedule());
    }, ROUND_INTERVAL_MS);
  }

  async #checkAll(): Promise<void> {
    const jobs = await createJobRepository(this.#deps.store.db).list();
    const queue = jobs.values();
    const worker = async (): Promise<void> => {
      for (const job of queue) await this.#check(job);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }

  async #check(job: JobRow): Promise<void> {
    const { db } = this.#deps.store;
    const instances = await createInstanceRepository(db).listByDeployment(job.deployment_id);
    const deployment = await createDeploymentRepository(db).find(job.deployment_id);
    const timestamp = deployment?.deployment_timestamp ?? 0;
    const probes = await Promise.all(
      instances
        .filter(isLaunched)
        .map(async (i) => await probeInstance(addressOf(i), timestamp, this.#stopping.signal)),
    );
    const { status, error } = judge(probes);
    if (status === job.status && error === job.error) return;
    await this.#note(job, status, error);
  }

  async #note(job: JobRow, status: JobStatus, error: string | null): Promise<void> {
    await this.#deps.store.transaction(async (trx) => {
      const now = await createJobRepository(trx.db).findById(job.id);
      // A deployment that was published meanwhile knows better.
      if (now?.deployment_id !== job.deployment_id) return;
      await createJobRepository(trx.db).update(job.id, { status, error });
      trx.feedChanged('job', job.id);
    });
    this.#deps.logger.info(
      { job: `${job.name} ${job.version}`, status, reason: error },
      'job status changed',
    );
  }
}

function isLaunched(instance: InstanceRow): boolean {
  return instance.state === 'active' && instance.address !== null;
}

/** One ready instance makes a job run; otherwise the first thing that is wrong is shown. */
function judge(probes: readonly ProbeResult[]): { status: JobStatus; error: string | null } {
  if (probes.length === 0) return { status: 'lost', error: 'no instance of this job is running' };
  if (probes.some((probe) => probe.state === 'ready')) return { status: 'running', error: null };
  const [first] = probes.flatMap((probe) =>
    'reason' in probe ? [probe.reason] : ['Job is still initializing'],
  );
  return { status: 'error', error: first ?? null };
}
