import type { Logger } from 'pino';
import type { JobStatus } from '@racetrack-platform/contracts';
import {
  createInstanceRepository,
  createJobRepository,
  type InstanceRow,
  type Store,
  type WatchedJob,
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
  /** See `note-obsolete-jobs.ts`; called by the holder of the reconciler's lease. */
  readonly noteObsolete: () => Promise<void>;
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

  /** The facts are read for all jobs at once: asked for job by job, ten thousand would keep the store busy for seconds. */
  async #checkAll(): Promise<void> {
    const { db } = this.#deps.store;
    const jobs = await createJobRepository(db).listWatched();
    const instances = Map.groupBy(await createInstanceRepository(db).list(), (own) => own.deployment_id);
    const isLeader = (await this.#deps.leadership.epoch()) !== undefined;
    if (isLeader) await this.#deps.noteObsolete();
    const queue = jobs.values();
    const worker = async (): Promise<void> => {
      for (const job of queue) {
        const verdict = await this.#judge(job, instances.get(job.deployment_id) ?? [], isLeader);
        if (isNews(job, verdict)) await this.#checkAgain(job.id, isLeader);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  }

  /** What was read for all may be old when the turn of one has come: only what is seen again now is noted. */
  async #checkAgain(jobId: string, isLeader: boolean): Promise<void> {
    const { db } = this.#deps.store;
    const [job] = await createJobRepository(db).listWatched(jobId);
    if (job === undefined) return;
    const instances = await createInstanceRepository(db).listByDeployment(job.deployment_id);
    const verdict = await this.#judge(job, instances, isLeader);
    if (isNews(job, verdict)) await this.#note(job, verdict);
  }

  /** `undefined`: it is not for us to say, or cannot be known. */
  async #judge(
    job: WatchedJob,
    instances: readonly InstanceRow[],
    isLeader: boolean,
  ): Promise<Verdict | undefined> {
    const active = instances.filter((instance) => instance.state === 'active');
    // Where it lives; without any instance, where it should.
    const hosts = active.length === 0 ? [job.host_id] : active.map((own) => own.host_id);
    const reachable = (host: string | null): boolean =>
      host === null ? isLeader : host === this.#deps.replicas.hostId;
    if (hosts.some(reachable)) {
      const probes = await Promise.all(
        active
          .filter((instance) => reachable(instance.host_id) && instance.address !== null)
          .map(async (instance) => await this.#probe(instance, job.deployment_timestamp ?? 0)),
      );
      const verdict = judge(probes);
      // What cannot be reached may well be running.
      const isUnknown = verdict.status !== 'running' && this.#deps.unreachable.has(job.infrastructure_target);
      return isUnknown ? undefined : verdict;
    }
    if (!isLeader || hosts.some((host) => host === null || this.#deps.replicas.isHostAlive(host)))
      return undefined;
    return this.#judgeDead(hosts);
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

  async #note(job: WatchedJob, { status, error }: Verdict): Promise<void> {
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

function isNews(job: WatchedJob, verdict: Verdict | undefined): verdict is Verdict {
  return verdict !== undefined && (verdict.status !== job.status || verdict.error !== job.error);
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
