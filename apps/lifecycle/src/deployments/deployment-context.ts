import type { Logger } from 'pino';
import type { DeploymentPhase } from '@racetrack-platform/contracts';
import type { Updateable } from 'kysely';
import {
  createDeploymentRepository,
  type DeploymentLease,
  type DeploymentRow,
  type DeploymentTable,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import type { PluginSet } from '../plugins/set/plugin-set.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Sealer } from '../keys/sealer.ts';
import type { Acknowledgements } from '../replicas/acknowledgements.ts';
import type { Replicas } from '../replicas/replicas.ts';
import type { StoreOutage } from '../store/store-outage.ts';
import type { SystemPackages } from '../system-packages/system-packages.ts';
import type { JobAccounts } from './job-accounts.ts';
import type { BuildResources } from './build-resources.ts';
import type { PlatformFacts } from './launch-spec.ts';

/** What driving a deployment needs from outside. */
export interface DeploymentDeps {
  readonly store: Store;
  readonly outage: StoreOutage;
  readonly sealer: Sealer;
  readonly host: PluginSet;
  /** Identity of this data directory: where the instances of host targets live. */
  readonly hostId: string;
  readonly replicas: Replicas;
  readonly acknowledgements: Acknowledgements;
  readonly logger: Logger;
  readonly platform: PlatformFacts;
  readonly builder: { readonly entry: string; readonly env: NodeJS.ProcessEnv };
  readonly buildsDir: string;
  readonly uploadsDir: string;
  readonly secretsKey: string;
  readonly allowLocalGit: boolean;
  /** As in `BuildRequest`. */
  readonly allowPrivate: readonly string[];
  readonly gitTimeoutMs: number;
  readonly buildTimeoutMs: number;
  readonly builds: BuildResources;
  readonly aliveTimeoutMs: number;
  readonly readyTimeoutMs: number;
  readonly metrics: Pick<Metrics, 'doneDeployments' | 'deployedJobs'>;
  /** Says that there are instances to stop or start. */
  readonly nudgeReconciler: () => void;
  readonly accounts: JobAccounts;
  readonly systemPackages: SystemPackages;
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
  /** Where the deployment stood when this driver took it, or took it up again after an outage of the store. */
  resumedAt: DeploymentPhase;
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
    await this.outlast(async () => await this.advanceIn(this.deps.store.db, change));
  }

  /** Repeats `work` while the store is away, until this driver has to stop; see `StoreOutage.outlast`. */
  async outlast<T>(work: () => Promise<T>): Promise<T> {
    return await this.deps.outage.outlast(work, this.signal);
  }

  /**
   * Reads the row again, to go on from what is really stored: after a transaction that may or may not have been
   * committed, nobody else knows.
   *
   * @throws LeaseLostError when somebody else drives it now, or it is over.
   */
  async reload(): Promise<void> {
    const id = this.row.id;
    const row = await this.outlast(async () => await createDeploymentRepository(this.deps.store.db).find(id));
    const { owner, epoch } = this.lease;
    if (row?.status !== 'in_progress' || row.lease_owner !== owner || row.lease_epoch !== epoch) {
      throw new LeaseLostError();
    }
    this.row = row;
    this.resumedAt = row.step;
  }

  /** A transaction with {@link advanceIn}: when it fails, the row here is again what it was. */
  async transaction<T>(work: (trx: StoreTransaction) => Promise<T>): Promise<T> {
    const before = this.row;
    try {
      return (await this.deps.store.transaction(work)).result;
    } catch (error) {
      this.row = before;
      throw error;
    }
  }

  /** Adds lines to the warnings that are not there yet; read again, because clients may add their own meanwhile. */
  async warn(...lines: readonly string[]): Promise<void> {
    await this.outlast(async () => {
      const { warnings } = await createDeploymentRepository(this.deps.store.db).get(this.row.id);
      const known = warnings === null ? [] : warnings.split('\n');
      const fresh = lines.filter((line) => !known.includes(line));
      if (fresh.length === 0) return;
      await this.advanceIn(this.deps.store.db, { warnings: [...known, ...fresh].join('\n') });
    });
  }

  /** {@link advance} inside the caller's transaction, which the error rolls back. */
  async advanceIn(db: Store['db'], change: Updateable<DeploymentTable>): Promise<void> {
    const stamped = { ...change, updated_at: Date.now() };
    if (!(await createDeploymentRepository(db).update(this.lease, stamped))) throw new LeaseLostError();
    this.row = { ...this.row, ...(stamped as Partial<DeploymentRow>) };
  }
}
