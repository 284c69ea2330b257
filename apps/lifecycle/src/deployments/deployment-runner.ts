import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeploymentRepository, type DeploymentRow } from '@racetrack-platform/db';
import { failpoint } from '@racetrack-platform/failpoints';
import type { Replicas } from '../replicas/replicas.ts';
import { DeploymentRun, type DeploymentDeps } from './deployment-context.ts';
import { endIfCancelled } from './cancel-deployment.ts';
import { driveDeployment } from './drive-deployment.ts';
import { KeptLease, LEASE_MS } from './kept-lease.ts';
import { isLastPlace, planQueue } from './plan-queue.ts';

/** Deployments left by a dead driver are found within this time. */
const POLL_INTERVAL_MS = 1_000;
/** Of a longer queue only the front is told its places. */
const MAX_TOLD = 200;

export interface DeploymentRunnerOptions {
  /** Whose deployments are to be taken over, and as whom. */
  readonly replicas: Replicas;
  /** Deployments driven at once. */
  readonly maxRunning: number;
}

/**
 * Claims deployments that nobody drives, and drives up to `maxRunning` of them at once: of whoever has the fewest under
 * way, and of those the oldest. The last place is kept for whoever has none.
 */
export class DeploymentRunner {
  readonly #deps: DeploymentDeps;
  readonly #replicas: Replicas;
  readonly #maxRunning: number;
  readonly #running = new Set<Promise<void>>();
  readonly #leases = new Set<KeptLease>();
  /** What is being driven, by id, with what ends it when somebody cancels it. */
  readonly #cancels = new Map<string, AbortController>();
  readonly #stopping = new AbortController();
  #poll: NodeJS.Timeout | undefined;
  #claiming = false;
  #claimAgain = false;

  constructor(deps: DeploymentDeps, options: DeploymentRunnerOptions) {
    this.#deps = deps;
    this.#replicas = options.replicas;
    this.#maxRunning = options.maxRunning;
  }

  start(): void {
    this.#poll = setInterval(() => this.nudge(), POLL_INTERVAL_MS);
    this.nudge();
  }

  /** There is, or may be, a deployment to claim. */
  nudge(): void {
    void this.#claim().catch((error: unknown) => {
      if (this.#deps.outage.isCause(error)) return;
      this.#deps.logger.error({ err: error }, 'claiming deployments failed');
    });
  }

  /** Stops driving; what is under way stays in progress and goes on at the next start. */
  async stop(): Promise<void> {
    clearInterval(this.#poll);
    this.#stopping.abort(new Error('the platform is stopping'));
    await Promise.allSettled(this.#running);
  }

  async #claim(): Promise<void> {
    if (this.#claiming) {
      this.#claimAgain = true;
      return;
    }
    this.#claiming = true;
    try {
      do {
        this.#claimAgain = false;
        for (const kept of this.#leases) await kept.renewIfOverdue();
        await this.#noticeCancels();
        while (this.#running.size < this.#maxRunning && !this.#stopping.signal.aborted) {
          const row = await this.#claimNext();
          if (!row) break;
          this.#drive(row);
        }
        if (this.#running.size >= this.#maxRunning || this.#isLastPlace()) await this.#tellPlaces();
      } while (this.#claimAgain);
      this.#deps.outage.isOver();
    } finally {
      this.#claiming = false;
    }
  }

  /** Says to those who wait how many come before them. */
  async #tellPlaces(): Promise<void> {
    const deployments = createDeploymentRepository(this.#deps.store.db);
    const now = Date.now();
    const waiting = await deployments.listWaiting(this.#replicas.hostId, now, MAX_TOLD);
    if (waiting.length === 0) return;
    const order = planQueue(waiting, await deployments.listRunningSubjects(now), this.#maxRunning);
    for (const [before, { id, phase }] of order.entries()) {
      const words = `waiting for a free place (${before} before it)`;
      if (phase !== words) await deployments.updateUndriven(id, now, { phase: words, updated_at: now });
    }
  }

  async #noticeCancels(): Promise<void> {
    if (this.#cancels.size === 0) return;
    const repository = createDeploymentRepository(this.#deps.store.db);
    for (const id of await repository.listCancelRequested(this.#replicas.id)) {
      this.#cancels.get(id)?.abort(new Error('the deployment was cancelled'));
    }
  }

  async #claimNext(): Promise<DeploymentRow | undefined> {
    const { id, hostId } = this.#replicas;
    const repository = createDeploymentRepository(this.#deps.store.db);
    const liveHosts = this.#replicas.listHostsAlive();
    const forWhom = this.#isLastPlace() ? 'newcomer' : 'anybody';
    return await repository.claimNext(id, hostId, Date.now(), LEASE_MS, liveHosts, forWhom);
  }

  #isLastPlace(): boolean {
    return isLastPlace(this.#running.size, this.#maxRunning);
  }

  #drive(row: DeploymentRow): void {
    const driving = this.#driveLeased(row)
      .catch((error: unknown) =>
        this.#deps.logger.error({ err: error, deployment: row.id }, 'deployment broke off'),
      )
      .finally(() => {
        this.#running.delete(driving);
        this.nudge();
      });
    this.#running.add(driving);
  }

  async #driveLeased(row: DeploymentRow): Promise<void> {
    const lease = { id: row.id, owner: this.#replicas.id, epoch: row.lease_epoch };
    const kept = new KeptLease(this.#deps.store, lease);
    this.#leases.add(kept);
    const cancel = new AbortController();
    this.#cancels.set(row.id, cancel);
    const held = AbortSignal.any([this.#stopping.signal, kept.lost]);
    let run = new DeploymentRun(this.#deps, lease, row, AbortSignal.any([held, cancel.signal]));
    try {
      if (row.cancel_requested_at === null) await driveDeployment(run);
      run = new DeploymentRun(this.#deps, lease, run.row, held);
      await endIfCancelled(run);
    } finally {
      kept.end();
      this.#leases.delete(kept);
      this.#cancels.delete(row.id);
    }
    if (run.row.status !== 'in_progress' && row.upload !== null) {
      failpoint('before-upload-removed');
      await rm(join(this.#deps.uploadsDir, row.upload), { force: true });
      failpoint('after-upload-removed');
    }
  }
}
