import { failpoint } from '@racetrack-platform/failpoints';
import type { Logger } from 'pino';
import {
  createDeploymentRepository,
  createInstanceRepository,
  createOrphanRepository,
  toJson,
  type InstanceRow,
  type Store,
} from '@racetrack-platform/db';
import { messageOf } from '@racetrack-platform/errors';
import type { PluginHost } from '@racetrack-platform/plugin-engine';
import type { ObservedInstance } from '@racetrack-platform/plugin-sdk';
import { composeRequest } from '../deployments/launch-instances.ts';
import type { DeploymentDeps } from '../deployments/deployment-context.ts';
import type { Acknowledgements } from '../replicas/acknowledgements.ts';
import type { StoreOutage } from '../store/store-outage.ts';
import type { ExitReasons } from './exit-reasons.ts';
import { findOrphans } from './find-orphans.ts';
import type { Leadership } from './leadership.ts';
import { planReconciliation, restartDelayMs, type ReconcileAction } from './plan-reconciliation.ts';
import type { UnreachableTargets } from './unreachable-targets.ts';

export interface ReconcilerDeps extends Pick<DeploymentDeps, 'sealer' | 'ensureFamilyToken' | 'accounts'> {
  readonly store: Store;
  readonly host: PluginHost;
  readonly hostId: string;
  readonly leadership: Leadership;
  readonly acknowledgements: Acknowledgements;
  readonly outage: StoreOutage;
  readonly logger: Logger;
  readonly drainLimitMs: number;
  /** Told why instances ended. */
  readonly exits: ExitReasons;
  readonly unreachable: UnreachableTargets;
  /** Told how many instances run that nobody knows. */
  readonly onOrphans: (count: number) => void;
  /** Called after an instance is gone: what it alone needed may go too. */
  readonly onRemoved: () => Promise<void>;
}

const TICK_INTERVAL_MS = 1_000;
/** What a job has after SIGTERM; calls have been drained before. */
const STOP_GRACE_MS = 10_000;
/** What is started again within this time after our start was stopped with us. */
const START_PERIOD_MS = 5_000;

/**
 * Makes what runs agree with what the store says should run: the instances of this host always, those of targets that
 * every host reaches while we hold the lease. The instances of another host are its own business, also when it is dead.
 */
export class Reconciler {
  readonly #deps: ReconcilerDeps;
  readonly #stopping = new AbortController();
  readonly #busy = new Map<string, Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> | undefined;
  #tickAgain = false;
  #startedAt = 0;
  #orphans: ReadonlySet<string> = new Set();

  constructor(deps: ReconcilerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#startedAt = Date.now();
    this.#timer = setInterval(() => this.nudge(), TICK_INTERVAL_MS);
    this.nudge();
  }

  /** Looks now, and waits until everything that was found to do is done or has failed. */
  async runOnce(): Promise<void> {
    await this.#ticking;
    await this.#tick();
    await Promise.allSettled(this.#busy.values());
  }

  /** Looks now instead of at the next tick. */
  nudge(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#ticking) {
      this.#tickAgain = true;
      return;
    }
    this.#ticking = this.#tick()
      .then(() => this.#deps.outage.isOver())
      .catch((error: unknown) => {
        if (this.#deps.outage.isCause(error)) return;
        this.#deps.logger.error({ err: error }, 'reconciliation failed');
      })
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
    const epoch = await this.#deps.leadership.epoch();
    // Observed first: an instance committed in between must not look as if it were lost.
    const observed = await this.#observe(epoch !== undefined);
    const all = await createInstanceRepository(this.#deps.store.db).list();
    this.#reportOrphans(findOrphans(observed, new Set(all.map(({ id }) => id)), now));
    const instances = all.filter((instance) => this.#isOurs(instance, epoch));
    await this.#noteMissingTargets(instances);
    const drained = await this.#findDrained(instances);
    const actions = planReconciliation({
      nowMs: Date.now(),
      observedAtMs: now,
      instances,
      observed,
      drainLimitMs: this.#deps.drainLimitMs,
      isDrained: (instance) => drained.has(instance.id),
    });
    const byId = new Map(instances.map((instance) => [instance.id, instance]));
    for (const action of actions) {
      const instance = byId.get(action.id);
      if (instance) this.#apply(action, instance, epoch);
    }
    await this.#removeOrphans(epoch);
  }

  /** Those that somebody asked to be removed; until it is done the wish stays, whatever happens to us. */
  async #removeOrphans(epoch: number | undefined): Promise<void> {
    const orphans = createOrphanRepository(this.#deps.store.db);
    for (const removal of await orphans.listRemovals()) {
      if (!this.#isOurs(removal, epoch)) continue;
      this.#start(
        removal.instance_id,
        { action: 'remove an orphan', instance: removal.instance_id },
        async () => {
          const target = this.#deps.host.target(removal.target);
          await target.remove(removal.instance_id, { gracePeriodMs: STOP_GRACE_MS }, this.#stopping.signal);
          await orphans.endRemoval(removal.instance_id);
          this.#deps.logger.info({ orphan: removal.instance_id, by: removal.requested_by }, 'orphan removed');
        },
      );
    }
  }

  /** Once each: they may stay for long. */
  #reportOrphans(orphans: ReturnType<typeof findOrphans>): void {
    const ids = new Set(orphans.map(({ instanceId }) => instanceId));
    for (const orphan of orphans) {
      if (this.#orphans.has(orphan.instanceId)) continue;
      this.#deps.logger.warn(
        orphan,
        'an instance runs that the store does not know: see racetrack orphan list',
      );
    }
    this.#orphans = ids;
    this.#deps.onOrphans(ids.size);
  }

  #isOurs(instance: Pick<InstanceRow, 'host_id'>, epoch: number | undefined): boolean {
    return instance.host_id === null ? epoch !== undefined : instance.host_id === this.#deps.hostId;
  }

  async #findDrained(instances: readonly InstanceRow[]): Promise<Set<string>> {
    const drained = new Set<string>();
    for (const instance of instances) {
      if (instance.state !== 'draining') continue;
      if (await this.#deps.acknowledgements.isDrained(instance)) drained.add(instance.id);
    }
    return drained;
  }

  async #observe(isLeader: boolean): Promise<Map<string, readonly ObservedInstance[] | undefined>> {
    const observed = new Map<string, readonly ObservedInstance[] | undefined>();
    for (const { name, scope } of this.#deps.host.targets()) {
      if (scope === 'shared' && !isLeader) continue;
      try {
        observed.set(name, await this.#deps.host.target(name).observeAll(this.#stopping.signal));
      } catch (error) {
        if (this.#stopping.signal.aborted) throw error;
        this.#deps.logger.warn({ target: name, reason: messageOf(error) }, 'a target could not be observed');
        observed.set(name, undefined);
      }
      await this.#deps.unreachable.note(name, observed.get(name) === undefined ? 'unreachable' : 'reachable');
    }
    return observed;
  }

  /** Of a plugin that was uninstalled: its jobs run on, and nobody can look after them until it is back. */
  async #noteMissingTargets(instances: readonly InstanceRow[]): Promise<void> {
    const installed = new Set(this.#deps.host.targets().map(({ name }) => name));
    for (const target of new Set(instances.map((instance) => instance.target))) {
      if (!installed.has(target)) await this.#deps.unreachable.note(target, 'missing');
    }
  }

  /** Slow targets must not hold up the others. */
  #apply(action: ReconcileAction, instance: InstanceRow, epoch: number | undefined): void {
    const facts = { action: action.kind, instance: action.id };
    this.#start(action.id, facts, async () => await this.#actIfStillOurs(action, instance, epoch));
  }

  /** One piece of work on an instance at a time; what fails is tried again at the next tick. */
  #start(
    id: string,
    facts: { readonly action: string; readonly instance: string },
    act: () => Promise<void>,
  ): void {
    if (this.#busy.has(id)) return;
    const work = act()
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted || this.#deps.outage.isCause(error)) return;
        this.#deps.logger.warn({ ...facts, reason: messageOf(error) }, 'reconciling failed');
      })
      .finally(() => this.#busy.delete(id));
    this.#busy.set(id, work);
  }

  async #actIfStillOurs(
    action: ReconcileAction,
    instance: InstanceRow,
    epoch: number | undefined,
  ): Promise<void> {
    const isOurs =
      instance.host_id !== null || (epoch !== undefined && (await this.#deps.leadership.holds(epoch)));
    if (isOurs) await this.#act(action, instance);
  }

  async #act(action: ReconcileAction, instance: InstanceRow): Promise<void> {
    const instances = createInstanceRepository(this.#deps.store.db);
    switch (action.kind) {
      case 'stop':
        failpoint('before-removing');
        await instances.update(action.id, { state: 'removing' });
        failpoint('after-removing');
        return await this.#remove(instance);
      case 'remove':
        return await this.#remove(instance);
      case 'settle':
        this.#deps.exits.forget(action.id);
        return await instances.update(action.id, { restarts: 0, next_restart_at: null });
      case 'restart':
        return await this.#restart(instance, action.reason);
    }
  }

  async #remove(instance: InstanceRow): Promise<void> {
    const target = this.#deps.host.target(instance.target);
    failpoint('before-target-remove');
    await target.remove(instance.id, { gracePeriodMs: STOP_GRACE_MS }, this.#stopping.signal);
    failpoint('after-target-remove');
    failpoint('before-instance-row-removed');
    await createInstanceRepository(this.#deps.store.db).delete(instance.id);
    failpoint('after-instance-row-removed');
    this.#deps.exits.forget(instance.id);
    this.#deps.logger.info({ instance: instance.id, job: nameOf(instance) }, 'instance removed');
    await this.#deps.onRemoved();
  }

  async #restart(instance: InstanceRow, reason: string): Promise<void> {
    const { store, host, logger } = this.#deps;
    const facts = { instance: instance.id, job: nameOf(instance), restarts: instance.restarts, reason };
    // Right after a start of ours it is no news that what was stopped with us has to be started.
    const isStart = Date.now() - this.#startedAt < START_PERIOD_MS;
    logger[isStart ? 'info' : 'warn'](facts, 'starting an instance again');
    if (!isStart) await this.#noteEnd(instance, reason);
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

  /** Shown with the job as long as this deployment lasts: what was started again looks as if nothing had happened. */
  async #noteEnd(instance: InstanceRow, reason: string): Promise<void> {
    this.#deps.exits.note(instance.id, reason);
    const notice = `an instance ended at ${new Date().toISOString()}: ${reason}; it is started again`;
    await this.#deps.store.db
      .updateTable('job')
      .set({ notice })
      .where('deployment_id', '=', instance.deployment_id)
      .execute();
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
