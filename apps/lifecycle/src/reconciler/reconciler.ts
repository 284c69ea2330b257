import type { Logger } from 'pino';
import {
  createDeploymentRepository,
  createInstanceRepository,
  createLeaseRepository,
  toJson,
  type InstanceRow,
  type Store,
} from '@racetrack-platform/db';
import { messageOf } from '@racetrack-platform/errors';
import type { PluginHost } from '@racetrack-platform/plugin-engine';
import type { ObservedInstance } from '@racetrack-platform/plugin-sdk';
import { composeRequest } from '../deployments/launch-instances.ts';
import type { DeploymentDeps } from '../deployments/deployment-context.ts';
import type { FeedServer } from '../feed/feed-server.ts';
import { planReconciliation, restartDelayMs, type ReconcileAction } from './plan-reconciliation.ts';

export interface ReconcilerDeps extends Pick<DeploymentDeps, 'sealer' | 'ensureFamilyToken'> {
  readonly store: Store;
  readonly host: PluginHost;
  readonly feed: FeedServer;
  readonly logger: Logger;
  /** Unique to this process. */
  readonly owner: string;
  readonly drainLimitMs: number;
  /** Called after an instance is gone: what it alone needed may go too. */
  readonly onRemoved: () => Promise<void>;
}

const TICK_INTERVAL_MS = 1_000;
const LEASE_MS = 15_000;
/** What a job has after SIGTERM; calls have been drained before. */
const STOP_GRACE_MS = 10_000;
/** Time for pubs to connect again after a restart of ours, before "no pub has calls in flight" means anything. */
const RECONNECT_GRACE_MS = 3_000;
/** What is started again within this time after our start was stopped with us. */
const START_PERIOD_MS = 5_000;

/** Makes what runs agree with what the store says should run. One holder of the lease acts at a time. */
export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #stopping = new AbortController();
  readonly #busy = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | undefined;
  #tickAgain = false;
  #startedAt = 0;

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#startedAt = Date.now();
    this.#timer = setInterval(() => this.nudge(), TICK_INTERVAL_MS);
    this.nudge();
  }

  /** Looks now instead of at the next tick. */
  nudge(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#ticking) {
      this.#tickAgain = true;
      return;
    }
    this.#ticking = this.#tick()
      .catch((error: unknown) => this.#deps.logger.error({ err: error }, 'reconciliation failed'))
      .finally(() => {
        this.#ticking = undefined;
        if (this.#tickAgain) {
          this.#tickAgain = false;
          this.nudge();
        }
      });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort(new Error('the platform is stopping'));
    await this.#ticking;
    await Promise.allSettled(this.#busy.values());
  }

  async #tick(): Promise<void> {
    const now = Date.now();
    const lease = await createLeaseRepository(this.#deps.store.db).acquire(
      'reconciler',
      this.#deps.owner,
      now,
      LEASE_MS,
    );
    if (lease === undefined) return;
    // Observed first: an instance committed in between must not look as if it were lost.
    const observed = await this.#observe();
    const instances = await createInstanceRepository(this.#deps.store.db).list();
    const actions = planReconciliation({
      nowMs: Date.now(),
      observedAtMs: now,
      instances,
      observed,
      drainLimitMs: this.#deps.drainLimitMs,
      isDrained: (instance) => this.#isDrained(instance),
    });
    const byId = new Map(instances.map((instance) => [instance.id, instance]));
    for (const action of actions) {
      const instance = byId.get(action.id);
      if (instance) this.#apply(action, instance);
    }
  }

  #isDrained(instance: InstanceRow): boolean {
    if (Date.now() - this.#startedAt < RECONNECT_GRACE_MS && this.#deps.feed.connectedCount === 0)
      return false;
    return this.#deps.feed.isDrained(instance.id, instance.drain_revision ?? 0);
  }

  async #observe(): Promise<Map<string, readonly ObservedInstance[] | undefined>> {
    const observed = new Map<string, readonly ObservedInstance[] | undefined>();
    for (const { name } of this.#deps.host.targets()) {
      try {
        observed.set(name, await this.#deps.host.target(name).observeAll(this.#stopping.signal));
      } catch (error) {
        this.#deps.logger.warn({ target: name, reason: messageOf(error) }, 'a target could not be observed');
        observed.set(name, undefined);
      }
    }
    return observed;
  }

  /** Starts an action unless one on the same instance is still under way; slow targets must not hold up the others. */
  #apply(action: ReconcileAction, instance: InstanceRow): void {
    if (this.#busy.has(action.id)) return;
    const work = this.#act(action, instance)
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        this.#deps.logger.warn(
          { action: action.kind, instance: action.id, reason: messageOf(error) },
          'reconciling failed',
        );
      })
      .finally(() => this.#busy.delete(action.id));
    this.#busy.set(action.id, work);
  }

  async #act(action: ReconcileAction, instance: InstanceRow): Promise<void> {
    const instances = createInstanceRepository(this.#deps.store.db);
    switch (action.kind) {
      case 'stop':
        await instances.update(action.id, { state: 'removing' });
        return await this.#remove(instance);
      case 'remove':
        return await this.#remove(instance);
      case 'settle':
        return await instances.update(action.id, { restarts: 0, next_restart_at: null });
      case 'restart':
        return await this.#restart(instance, action.reason);
    }
  }

  async #remove(instance: InstanceRow): Promise<void> {
    const target = this.#deps.host.target(instance.target);
    await target.remove(instance.id, { gracePeriodMs: STOP_GRACE_MS }, this.#stopping.signal);
    await createInstanceRepository(this.#deps.store.db).delete(instance.id);
    this.#deps.logger.info({ instance: instance.id, job: nameOf(instance) }, 'instance removed');
    await this.#deps.onRemoved();
  }

  async #restart(instance: InstanceRow, reason: string): Promise<void> {
    const { store, host, logger } = this.#deps;
    const facts = { instance: instance.id, job: nameOf(instance), restarts: instance.restarts, reason };
    // Right after a start of ours it is no news that what was stopped with us has to be started.
    const isStart = Date.now() - this.#startedAt < START_PERIOD_MS;
    logger[isStart ? 'info' : 'warn'](facts, 'starting an instance again');
    // Counted before the launch, so that a crash of ours cannot make it a tight loop.
    await createInstanceRepository(store.db).update(instance.id, {
      restarts: instance.restarts + 1,
      next_restart_at: Date.now() + restartDelayMs(instance.restarts + 1),
    });
    const deployment = await createDeploymentRepository(store.db).get(instance.deployment_id);
    const request = await composeRequest(this.#deps, deployment, instance.id);
    const { address } = await host.target(instance.target).launch(request, this.#stopping.signal);
    await this.#noteAddress(instance, toJson(address));
  }

  async #noteAddress(instance: InstanceRow, address: string): Promise<void> {
    if (address === instance.address) return;
    await this.#deps.store.transaction(async (trx) => {
      await createInstanceRepository(trx.db).update(instance.id, { address });
      const job = await trx.db
        .selectFrom('job')
        .select('id')
        .where('deployment_id', '=', instance.deployment_id)
        .executeTakeFirst();
      if (job) trx.feedChanged('job', job.id);
    });
  }
}

function nameOf(instance: InstanceRow): string {
  return `${instance.job_name} ${instance.job_version}`;
}
