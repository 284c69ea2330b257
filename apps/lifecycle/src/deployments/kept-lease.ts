import { createDeploymentRepository, type DeploymentLease, type Store } from '@racetrack-platform/db';

/** A driver that dies leaves its deployment to others after so long. */
export const LEASE_MS = 15_000;
const RENEW_INTERVAL_MS = 5_000;

/** Keeps a deployment's lease for as long as it is driven. */
export class KeptLease {
  readonly lease: DeploymentLease;
  readonly #store: Store;
  readonly #lost = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #renewedAt = Date.now();

  /** @param lease - that was taken just now. */
  constructor(store: Store, lease: DeploymentLease) {
    this.#store = store;
    this.lease = lease;
    // A store that is away keeps everybody from taking the lease as well.
    this.#timer = setInterval(() => void this.#renew().catch(() => undefined), RENEW_INTERVAL_MS);
  }

  /** Aborted when somebody else took the lease. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * After an outage of the store the lease has run out, but who drives is still here: it is renewed before anybody
   * looks for deployments without a driver.
   */
  async renewIfOverdue(): Promise<void> {
    if (Date.now() - this.#renewedAt > RENEW_INTERVAL_MS * 2) await this.#renew();
  }

  end(): void {
    clearInterval(this.#timer);
  }

  async #renew(): Promise<void> {
    const expiresAt = Date.now() + LEASE_MS;
    const holds = await createDeploymentRepository(this.#store.db).renew(this.lease, expiresAt);
    if (holds) this.#renewedAt = Date.now();
    else this.#lost.abort(new Error('the lease was lost'));
  }
}
