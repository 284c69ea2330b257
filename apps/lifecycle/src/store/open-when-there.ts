import { setTimeout as sleep } from 'node:timers/promises';
import { describeStore, openStore, type Store, type StoreOptions } from '@racetrack-platform/db';
import { isStoreOutage } from './store-outage.ts';

/** Shorter than a launcher waits for us to be ready; then whoever supervises us tries again. */
const WAIT_LIMIT_MS = 15_000;
const RETRY_INTERVAL_MS = 500;

/**
 * Opens the store, and waits a while for one that is away.
 *
 * @param notice - tells the user what we wait for.
 * @throws PlatformError `STORE_UNAVAILABLE` when it does not come, and whatever else is wrong with it at once.
 */
export async function openStoreWhenThere(
  options: StoreOptions,
  notice: (text: string) => void,
  limitMs = WAIT_LIMIT_MS,
): Promise<Store> {
  const deadline = Date.now() + limitMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await openStore(options);
    } catch (error) {
      if (!isStoreOutage(error) || Date.now() >= deadline) throw error;
      if (attempt === 0) notice(`Waiting for the database: ${describeStore(options)} …`);
      await sleep(RETRY_INTERVAL_MS);
    }
  }
}
