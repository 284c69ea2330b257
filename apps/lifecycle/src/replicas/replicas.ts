import { hostname } from 'node:os';
import type { Logger } from 'pino';
import {
  createReplicaRepository,
  type ReplicaFacts,
  type ReplicaRow,
  type Store,
} from '@racetrack-platform/db';
import type { StoreOutage } from '../store/store-outage.ts';

/** A replica counts as alive for so long after its last sign of life. */
export const REPLICA_TTL_MS = 10_000;
const HEARTBEAT_INTERVAL_MS = 3_000;
/** What a dead host has left is taken over after this: later than its leases (15 s) have run out. */
const TAKEOVER_GRACE_MS = 15_000;
/** The process id of a replica that has stopped in order: its row stays for the name of its host. */
const STOPPED_PID = 0;
/** Dead replicas are remembered for their names. */
const FORGET_AFTER_MS = 7 * 86_400_000;

export interface ReplicasDeps {
  readonly store: Store;
  readonly outage: StoreOutage;
  readonly logger: Logger;
  /** Unique to this process. */
  readonly owner: string;
  readonly hostId: string;
  /** False for a store that one process at a time can open: then there are no others, and nothing is written. */
  readonly isShared: boolean;
}

interface Known {
  row: ReplicaRow;
  /** When its heartbeat was last seen to have moved, by our own clock: the clocks of two machines need not agree. */
  movedAt: number;
  /** Whether it may still be there: a replica that stops in order says so. */
  isListed: boolean;
  isAlive: boolean;
}

/** The control processes on this store: makes us known to the others, and knows which of them are alive. */
export class Replicas {
  readonly #deps: ReplicasDeps;
  readonly #known = new Map<string, Known>();
  readonly #startedAt = Date.now();
  #lookedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #beating: Promise<void> = Promise.resolve();

  constructor(deps: ReplicasDeps) {
    this.#deps = deps;
  }

  get hostId(): string {
    return this.#deps.hostId;
  }

  /** The id of this replica. */
  get id(): string {
    return this.#deps.owner;
  }

  /** Makes this process known. Whoever was known for this host before is dead: its data directory is ours. */
  async start(): Promise<void> {
    if (!this.#deps.isShared) return;
    const repository = createReplicaRepository(this.#deps.store.db);
    await repository.removeExpired(Date.now() - FORGET_AFTER_MS);
    for (const row of await repository.listLive(0)) {
      if (row.host_id === this.hostId) await repository.remove(row.id);
    }
    await this.#beat();
    this.#timer = setInterval(() => {
      this.#beating = this.#beat().catch((error: unknown) => {
        if (this.#deps.outage.isCause(error)) return;
        this.#deps.logger.error({ err: error }, 'the heartbeat failed');
      });
    }, HEARTBEAT_INTERVAL_MS);
  }

  /** Takes our leave, so that nobody waits for us. */
  async stop(): Promise<void> {
    this.halt();
    await this.#beating;
    if (!this.#deps.isShared) return;
    // Without the store the others notice by themselves.
    await createReplicaRepository(this.#deps.store.db)
      .heartbeat(this.id, { ...this.#facts(), pid: STOPPED_PID }, Date.now(), 0)
      .catch(() => undefined);
  }

  /** Ends the heartbeat without a word, as a crash would. */
  halt(): void {
    clearInterval(this.#timer);
  }

  /** The other replicas that are alive, as of now. Asks the store. */
  async findOthers(): Promise<ReplicaRow[]> {
    if (!this.#deps.isShared) return [];
    await this.#look();
    return this.#others();
  }

  /** Whether there were others at the last look. */
  hasOthers(): boolean {
    return this.#others().length > 0;
  }

  /** Ids of the hosts that may be alive, ours included: what is theirs is not to be taken over. */
  listHostsAlive(): string[] {
    const others = [...this.#known.values()].filter((known) => mayBeAlive(known));
    return [...new Set([this.hostId, ...others.map(({ row }) => row.host_id)])];
  }

  isHostAlive(hostId: string): boolean {
    return hostId === this.hostId || !this.#isSettled() || this.listHostsAlive().includes(hostId);
  }

  /** What people call a host. */
  nameHost(hostId: string): string {
    const known = [...this.#known.values()].filter(({ row }) => row.host_id === hostId);
    const newest = known.toSorted((left, right) => right.movedAt - left.movedAt)[0];
    return newest === undefined ? `host ${hostId}` : newest.row.hostname;
  }

  #others(): ReplicaRow[] {
    return [...this.#known.values()]
      .filter((known) => known.isListed && known.isAlive && Date.now() - known.movedAt <= REPLICA_TTL_MS)
      .map(({ row }) => row);
  }

  /** Right after our start nobody else can be told dead: we may have come sooner than they after the same outage. */
  #isSettled(): boolean {
    return !this.#deps.isShared || Date.now() - this.#startedAt > TAKEOVER_GRACE_MS;
  }

  async #beat(): Promise<void> {
    const repository = createReplicaRepository(this.#deps.store.db);
    await repository.heartbeat(this.id, this.#facts(), Date.now(), REPLICA_TTL_MS);
    await this.#look();
    this.#deps.outage.isOver();
  }

  #facts(): ReplicaFacts {
    return { hostId: this.hostId, hostname: hostname(), pid: process.pid, startedAt: this.#startedAt };
  }

  async #look(): Promise<void> {
    const rows = await createReplicaRepository(this.#deps.store.db).listLive(0);
    const now = Date.now();
    // While the store was away nobody could give a sign of life.
    const wasBlind = now - this.#lookedAt > REPLICA_TTL_MS;
    this.#lookedAt = now;
    for (const known of this.#known.values()) {
      known.isListed = false;
      if (wasBlind && known.row.pid !== STOPPED_PID) known.movedAt = now;
    }
    for (const row of rows) if (row.id !== this.id) this.#note(row, now);
  }

  #note(row: ReplicaRow, now: number): void {
    const known = this.#known.get(row.id);
    if (row.pid === STOPPED_PID) {
      const movedAt = known?.movedAt ?? 0;
      this.#known.set(row.id, { row, movedAt, isListed: false, isAlive: false });
      return;
    }
    if (known === undefined) {
      // Only at first sight is the other's clock believed, to tell a replica of today from one of last week.
      this.#known.set(row.id, { row, movedAt: now, isListed: true, isAlive: row.expires_at > now });
      return;
    }
    known.isListed = true;
    if (known.row.expires_at !== row.expires_at) {
      known.movedAt = now;
      known.isAlive = true;
    }
    known.row = row;
  }
}

function mayBeAlive(known: Known): boolean {
  return Date.now() - known.movedAt <= TAKEOVER_GRACE_MS;
}
