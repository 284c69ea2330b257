import type { Logger } from 'pino';
import type { DeploymentPhase } from '@racetrack-platform/contracts';
import type { Updateable } from 'kysely';
import {
  createDeploymentRepository,
  type DeploymentLease,
  type DeploymentRow,
  type DeploymentTable,
  type Store,
} from '@racetrack-platform/db';
import type { PluginHost } from '@racetrack-platform/plugin-engine';
import type { FeedServer } from '../feed/feed-server.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Sealer } from '../keys/sealer.ts';
import type { PlatformFacts } from './launch-spec.ts';

/** What driving a deployment needs from outside. */
export interface DeploymentDeps {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly host: PluginHost;
  readonly feed: FeedServer;
  readonly logger: Logger;
  readonly platform: PlatformFacts;
  readonly builder: { readonly entry: string; readonly env: NodeJS.ProcessEnv };
  readonly buildsDir: string;
  readonly uploadsDir: string;
  readonly secretsKey: string;
  readonly allowLocalGit: boolean;
  readonly buildTimeoutMs: number;
  readonly aliveTimeoutMs: number;
  readonly readyTimeoutMs: number;
  readonly metrics: Pick<Metrics, 'doneDeployments' | 'deployedJobs'>;
  /** Says that there are instances to stop or start. */
  readonly nudgeReconciler: () => void;
  /** Token of a job family, made when missing. */
  readonly ensureFamilyToken: (familyName: string) => Promise<string>;
}

/** Somebody else drives this deployment now: stop, and touch nothing. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** One deployment under way: its row as last written, and the only way to write it. */
export class DeploymentRun {
  readonly deps: DeploymentDeps;
  readonly lease: DeploymentLease;
  readonly signal: AbortSignal;
  /** Where the deployment stood when this driver took it. */
  readonly resumedAt: DeploymentPhase;
  row: DeploymentRow;

  constructor(deps: DeploymentDeps, lease: DeploymentLease, row: DeploymentRow, signal: AbortSignal) {
    this.deps = deps;
    this.lease = lease;
    this.row = row;
    this.resumedAt = row.step;
    this.signal = signal;
  }

  /**
   * Writes what has been reached, on condition that the lease still holds.
   *
   * @throws LeaseLostError when it does not; nothing is written then.
   */
  async advance(change: Updateable<DeploymentTable>): Promise<void> {
    await this.advanceIn(this.deps.store.db, change);
  }

  /** The same inside the caller's transaction, which the error rolls back. */
  async advanceIn(db: Store['db'], change: Updateable<DeploymentTable>): Promise<void> {
    const stamped = { ...change, updated_at: Date.now() };
    if (!(await createDeploymentRepository(db).update(this.lease, stamped))) throw new LeaseLostError();
    this.row = { ...this.row, ...(stamped as Partial<DeploymentRow>) };
  }
}
