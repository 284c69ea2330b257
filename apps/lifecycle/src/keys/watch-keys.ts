import type { Logger } from 'pino';
import { createMetaRepository, type Queryable, type Store } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { isKeyOfStore } from '@racetrack-platform/keys';
import type { KeyName, KeyRing } from './key-ring.ts';

interface WatchKeysDeps {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly logger: Logger;
}

/** As often as replicas give a sign of life. */
const INTERVAL_MS = 3_000;
const NAMES: readonly KeyName[] = ['auth', 'secrets'];

/**
 * Looks after the keys of a store that others may use: one that was cut off for a while may find that they were replaced
 * meanwhile, and makes nothing with the former ones any more. A store that one process at a time can open needs no look.
 *
 * To be called when the others know of this process: from then on nobody replaces a key without noticing it.
 *
 * @returns the way to stop.
 * @throws PlatformError `KEY_MISMATCH` when a key was replaced since it was read.
 */
export async function watchKeys(deps: WatchKeysDeps): Promise<() => void> {
  if (deps.store.kind === 'sqlite') return () => {};
  // After whatever replaces a key right now, and does not know of this process yet.
  const { result } = await deps.store.transaction(async ({ db }) => await findReplaced(db, deps.keys));
  const [replaced] = result;
  if (replaced !== undefined) {
    throw new PlatformError('KEY_MISMATCH', `the ${replaced} key of this store was replaced just now`, {
      hint: `Take keys/${replaced}.key over from the data directory where it was replaced, and start again.`,
    });
  }
  const timer = setInterval(() => {
    findReplaced(deps.store.db, deps.keys).then(
      (names) => {
        for (const name of names) {
          if (!deps.keys.retire(name)) continue;
          deps.logger.error(
            { key: name },
            'another server replaced this key: nothing is signed or sealed here any more',
          );
        }
      },
      // While the store is away, nothing can be written anyway.
      () => undefined,
    );
  }, INTERVAL_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function findReplaced(db: Queryable, keys: KeyRing): Promise<KeyName[]> {
  const meta = createMetaRepository(db);
  const found: KeyName[] = [];
  for (const name of NAMES) {
    const held = keyOf(keys, name);
    const isOurs = await isKeyOfStore(meta, name, held);
    // What was replaced by ourselves meanwhile says nothing.
    if (!isOurs && keyOf(keys, name) === held) found.push(name);
  }
  return found;
}

function keyOf(keys: KeyRing, name: KeyName): string {
  const { authKey, secretsKey } = keys.current();
  return name === 'auth' ? authKey : secretsKey;
}
