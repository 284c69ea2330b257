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
import type { Replicas } from '../replicas/replicas.ts';
import type { StoreOutage } from '../store/store-outage.ts';
import type { ExitReasons } from './exit-reasons.ts';
import type { Leadership } from './leadership.ts';
import type { UnreachableTargets } from './unreachable-targets.ts';

export interface JobMonitorDeps {
  readonly store: Store;
  readonly outage: StoreOutage;
  readonly replicas: Replicas;
  readonly leadership: Leadership;
  readonly logger: Logger;
  readonly exits: ExitReasons;
  readonly unreachable: UnreachableTargets;
}

const ROUND_INTERVAL_MS = 5_000;
/** Probes at once: one hanging job must not hold up the others. */
const CONCURRENCY = 16;

/**
 * Looks at every job in turn and keeps its status and error as the API shows them. Of several replicas one is
 * responsible for a job: that of the host where its instances live, and for what lives nowhere, or on a host that is
 * dead, the holder of the reconciler's lease.
 */
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
          if (this.#stopping.signal.aborted || this.#deps.outage.isCause(error)) return;
          this.#deps.logger.error({ err: error }, 'monitoring failed');
        })
        .finally(() => this.#stopping.signal.aborted || this.#schedule());
    }, ROUND_INTERVAL_MS);
  }

  async #checkAll(): Promise<void> {
    const jobs = await createJobRepository(this.#deps.store.db).list();
    const isLeader = (await this.#deps.leadership.epoch()) !== undefined;
    const queue = jobs.values();
    const worker = async (): Promise<void> => {
      for (const job of queue) await this.#check(job, isLeader);
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }

  async #check(job: JobRow, isLeader: boolean): Promise<void> {
    const { db } = this.#deps.store;
    const instances = await createInstanceRepository(db).listByDeployment(job.deployment_id);
    const deployment = await createDeploymentRepository(db).find(job.deployment_id);
    const active = instances.filter((instance) => instance.state === 'active');
    // Where it lives; without any instance, where it should.
    const hosts = active.length === 0 ? [deployment?.host_id ?? null] : active.map((own) => own.host_id);
    const reachable = (host: string | null): boolean =>
      host === null ? isLeader : host === this.#deps.replicas.hostId;
    if (hosts.some(reachable)) {
      const probes = await Promise.all(
        active
          .filter((instance) => reachable(instance.host_id) && instance.address !== null)
          .map(async (instance) => await this.#probe(instance, deployment?.deployment_timestamp ?? 0)),
      );
      const verdict = judge(probes);
      // What cannot be reached may well be running.
      if (verdict.status !== 'running' && this.#deps.unreachable.has(job.infrastructure_target)) return;
      return await this.#noteChange(job, verdict);
    }
    if (!isLeader || hosts.some((host) => host === null || this.#deps.replicas.isHostAlive(host))) return;
    await this.#noteChange(job, this.#judgeDead(hosts));
  }

  async #probe(instance: InstanceRow, timestamp: number): Promise<ProbeResult> {
    const probe = await probeInstance(addressOf(instance), timestamp, this.#stopping.signal);
    const exit = probe.state === 'unreachable' ? this.#deps.exits.find(instance.id) : undefined;
    return exit === undefined ? probe : { state: 'unreachable', reason: `the job has ended: ${exit}` };
  }

  #judgeDead(hosts: readonly (string | null)[]): Verdict {
    const names = new Set(hosts.map((host) => this.#deps.replicas.nameHost(host ?? '')));
    return { status: 'lost', error: `it runs on ${[...names].join(', ')}, where no platform is running now` };
  }

  async #noteChange(job: JobRow, { status, error }: Verdict): Promise<void> {
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

interface Verdict {
  readonly status: JobStatus;
  readonly error: string | null;
}

/** One ready instance makes a job run; otherwise the first thing that is wrong is shown. */
function judge(probes: readonly ProbeResult[]): Verdict {
  if (probes.length === 0) return { status: 'lost', error: 'no instance of this job is running' };
  if (probes.some((probe) => probe.state === 'ready')) return { status: 'running', error: null };
  const [first] = probes.flatMap((probe) =>
    'reason' in probe ? [probe.reason] : ['Job is still initializing'],
  );
  return { status: 'error', error: first ?? null };
}
