import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeploymentRepository, type DeploymentRow } from '@racetrack-platform/db';
import { DeploymentRun, type DeploymentDeps } from './deployment-context.ts';
import { driveDeployment } from './drive-deployment.ts';

/** A driver that dies leaves its deployment to others after so long. */
const LEASE_MS = 15_000;
const RENEW_INTERVAL_MS = 5_000;
/** Deployments accepted by another server, or left by a dead one, are found within this time. */
const POLL_INTERVAL_MS = 1_000;

/** Claims deployments that nobody drives, and drives up to `maxRunning` of them at once, oldest first. */
export class DeploymentRunner {
  readonly #deps: DeploymentDeps;
  readonly #owner: string;
  readonly #maxRunning: number;
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #poll: NodeJS.Timeout | undefined;
  #claiming = false;
  #claimAgain = false;

  /** @param options - `owner`: unique to this process; `maxRunning`: deployments driven at once. */
  constructor(deps: DeploymentDeps, options: { readonly owner: string; readonly maxRunning: number }) {
    this.#deps = deps;
    this.#owner = options.owner;
    this.#maxRunning = options.maxRunning;
  }

  start(): void {
    this.#poll = setInterval(() => this.nudge(), POLL_INTERVAL_MS);
    this.nudge();
  }

  /** There is, or may be, a deployment to claim. */
  nudge(): void {
    void this.#claim().catch((error: unknown) => {
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
        while (this.#running.size < this.#maxRunning && !this.#stopping.signal.aborted) {
          const repository = createDeploymentRepository(this.#deps.store.db);
          const row = await repository.claimNext(this.#owner, Date.now(), LEASE_MS);
          if (!row) break;
          this.#drive(row);
        }
      } while (this.#claimAgain);
    } finally {
      this.#claiming = false;
    }
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
    const lost = new AbortController();
    const lease = { id: row.id, owner: this.#owner, epoch: row.lease_epoch };
    const repository = createDeploymentRepository(this.#deps.store.db);
    const renewal = setInterval(() => {
      repository.renew(lease, Date.now() + LEASE_MS).then(
        (holds) => holds || lost.abort(new Error('the lease was lost')),
        () => undefined,
      );
    }, RENEW_INTERVAL_MS);
    const signal = AbortSignal.any([this.#stopping.signal, lost.signal]);
    const run = new DeploymentRun(this.#deps, lease, row, signal);
    try {
      await driveDeployment(run);
    } finally {
      clearInterval(renewal);
    }
    if (run.row.status !== 'in_progress' && row.upload !== null) {
      await rm(join(this.#deps.uploadsDir, row.upload), { force: true });
    }
  }
}
