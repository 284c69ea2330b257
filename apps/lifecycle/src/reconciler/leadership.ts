import { createLeaseRepository, type Store } from '@racetrack-platform/db';

const LEASE_MS = 15_000;
/** A holder prolongs it this often; the others look as often whether it is free. */
const RENEW_INTERVAL_MS = 4_000;

/**
 * The lease `reconciler`: of several replicas, its holder looks after what belongs to no host in particular. The epoch
 * changes with the holder.
 */
export class Leadership {
  readonly #store: Store;
  readonly #owner: string;
  #epoch: number | undefined;
  #askedAt = 0;

  constructor(store: Store, owner: string) {
    this.#store = store;
    this.#owner = owner;
  }

  /** The epoch while we hold it, as far as is known; renews it when it is time. */
  async epoch(): Promise<number | undefined> {
    return Date.now() - this.#askedAt < RENEW_INTERVAL_MS ? this.#epoch : await this.#ask();
  }

  /** Whether we still hold it since `epoch`. Asks the store: to be called right before something is done. */
  async holds(epoch: number): Promise<boolean> {
    return (await this.#ask()) === epoch;
  }

  async #ask(): Promise<number | undefined> {
    // Before the answer: without one, nobody may be sure of holding it.
    this.#epoch = undefined;
    const now = Date.now();
    const leases = createLeaseRepository(this.#store.db);
    this.#epoch = await leases.acquire('reconciler', this.#owner, now, LEASE_MS);
    this.#askedAt = now;
    return this.#epoch;
  }
}
