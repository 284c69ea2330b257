import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  createDrainRepository,
  createInstanceRepository,
  createReplicaRepository,
  type InstanceRow,
  type Store,
} from '@racetrack-platform/db';
import type { FeedServer } from '../feed/feed-server.ts';
import type { StoreOutage } from '../store/store-outage.ts';
import type { Replicas } from './replicas.ts';

export interface AcknowledgementsDeps {
  readonly store: Store;
  readonly outage: StoreOutage;
  readonly logger: Logger;
  readonly feed: FeedServer;
  readonly replicas: Replicas;
  /**
   * Time for pubs to connect again after a start of ours, before "no pub has calls in flight" means anything.
   *
   * @defaultValue 3 s
   */
  readonly reconnectGraceMs?: number | undefined;
}

/** How often our pubs' state is reported, beside every time that it changes. */
const REPORT_INTERVAL_MS = 500;
const POLL_INTERVAL_MS = 50;
const RECONNECT_GRACE_MS = 3_000;
/** What we report without any pub: nobody here holds anything up. */
const EVERY_REVISION = Number.MAX_SAFE_INTEGER;

/**
 * What all pubs have acknowledged, those of the other replicas included. Our own answer from memory; the others tell
 * through the store, and so do we, but only while there are others. A replica that dies is waited for until its
 * heartbeat has run out.
 */
export class Acknowledgements {
  readonly #deps: AcknowledgementsDeps;
  readonly #startedAt = Date.now();
  readonly #graceMs: number;
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => {};
  #reporting: Promise<void> | undefined;
  #reportAgain = false;
  #reported: number | undefined;

  constructor(deps: AcknowledgementsDeps) {
    this.#deps = deps;
    this.#graceMs = deps.reconnectGraceMs ?? RECONNECT_GRACE_MS;
  }

  start(): void {
    this.#timer = setInterval(() => this.#report(), REPORT_INTERVAL_MS);
    this.#unsubscribe = this.#deps.feed.onAck(() => this.#report());
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#unsubscribe();
    await this.#reporting;
  }

  /** Resolves when every pub routes by `revision`, or at the timeout. Answers whether all do. */
  async waitForAll(revision: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const [own, others] = await Promise.all([
      this.#waitForOwn(revision, timeoutMs, signal),
      this.#waitForOthers(revision, timeoutMs, signal),
    ]);
    return own && others;
  }

  /** Whether no pub can still have a call in flight to an instance that was taken off its route. */
  async isDrained(instance: InstanceRow): Promise<boolean> {
    if (!this.#isDrainedHere(instance)) return false;
    const others = await this.#deps.replicas.findOthers();
    if (others.length === 0) return true;
    const drainedBy = new Set(await createDrainRepository(this.#deps.store.db).listDrainedBy(instance.id));
    return others.every((replica) => drainedBy.has(replica.id));
  }

  /** Right after our start pubs are about to connect again: without them nothing is acknowledged. */
  async #waitForOwn(revision: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (!this.#mayBeWithoutPub() && Date.now() < deadline) {
      await sleep(POLL_INTERVAL_MS, undefined, { signal });
    }
    return await this.#deps.feed.waitForAcks(revision, deadline - Date.now(), signal);
  }

  async #waitForOthers(revision: number, timeoutMs: number, signal: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const others = await this.#deps.replicas.findOthers();
      if (others.every((replica) => (replica.acknowledged_revision ?? -1) >= revision)) return true;
      if (Date.now() >= deadline) return false;
      await sleep(POLL_INTERVAL_MS, undefined, { signal });
    }
  }

  #report(): void {
    if (!this.#deps.replicas.hasOthers()) {
      this.#reported = undefined;
      return;
    }
    if (this.#reporting) {
      this.#reportAgain = true;
      return;
    }
    this.#reporting = this.#tellOthers()
      .catch((error: unknown) => {
        if (this.#deps.outage.isCause(error)) return;
        this.#deps.logger.error({ err: error }, 'the state of our pubs could not be reported');
      })
      .finally(() => {
        this.#reporting = undefined;
        if (!this.#reportAgain) return;
        this.#reportAgain = false;
        this.#report();
      });
  }

  async #tellOthers(): Promise<void> {
    const { store, replicas } = this.#deps;
    const acknowledged = this.#mayBeWithoutPub() ? this.#deps.feed.acknowledged : -1;
    if (acknowledged !== this.#reported) {
      await createReplicaRepository(store.db).setAcknowledged(
        replicas.id,
        Math.min(acknowledged, EVERY_REVISION),
      );
      this.#reported = acknowledged;
    }
    const instances = await createInstanceRepository(store.db).list();
    const drains = createDrainRepository(store.db);
    for (const instance of instances) {
      if (instance.state !== 'draining' || !this.#isDrainedHere(instance)) continue;
      const known = await drains.listDrainedBy(instance.id);
      if (!known.includes(replicas.id)) await drains.markDrained(instance.id, replicas.id);
    }
  }

  #isDrainedHere(instance: InstanceRow): boolean {
    return this.#mayBeWithoutPub() && this.#deps.feed.isDrained(instance.id, instance.drain_revision ?? 0);
  }

  #mayBeWithoutPub(): boolean {
    return this.#deps.feed.connectedCount > 0 || Date.now() - this.#startedAt >= this.#graceMs;
  }
}
