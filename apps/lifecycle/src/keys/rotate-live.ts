import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  createMetaRepository,
  createReplicaRepository,
  type ReplicaRow,
  type Store,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import {
  fingerprintOf,
  isKeyOfStore,
  prepareReplacement,
  TUTORIAL_AUTH_KEY,
  type KeyReplacement,
  type KeySources,
} from '@racetrack-platform/keys';
import type { Actor } from '../auth/actor.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { isStoreOutage } from '../store/store-outage.ts';
import { changeOver } from './change-over.ts';
import type { KeyName, KeyRing } from './key-ring.ts';

export interface RotateLiveDeps {
  readonly store: Store;
  readonly keys: KeyRing;
  readonly sources: KeySources;
  readonly replicas: Pick<Replicas, 'id' | 'findOthers'>;
  readonly logger: Logger;
}

export interface KeyToRotate {
  readonly name: KeyName;
  /** Of the key that is to go. */
  readonly fingerprint: string;
  readonly actor: Actor;
}

/** How often the store is asked what became of a commit whose answer was lost. */
const ASK_INTERVAL_MS = 250;

/**
 * Replaces a key while the platform runs, if this process is the only one on the store: others hold the key in their
 * memory. Everything made with it is made anew in one transaction, so that it is all or nothing whatever dies when; after it
 * the next start finds the key that fits, as after {@link rotateKey}.
 *
 * @returns how many texts were sealed anew, or tokens signed anew.
 * @throws PlatformError `KEY_NOT_REPLACEABLE`; `STORE_CORRUPT` when a sealed text cannot be opened: nothing is changed.
 */
export async function rotateLiveKey(deps: RotateLiveDeps, wanted: KeyToRotate): Promise<number> {
  const { store, keys, sources, replicas } = deps;
  const { name } = wanted;
  await assertReplaceable(deps, wanted);
  const replacement = await prepareReplacement({ ...sources, meta: createMetaRepository(store.db) }, name);
  const change = { name, replacement, sealer: keys.sealer, actor: wanted.actor };
  let isSuspended = false;
  let count = 0;
  try {
    await store.transaction(async (trx) => {
      const live = store.kind === 'sqlite' ? [] : await createReplicaRepository(trx.db).listLive(Date.now());
      assertAlone(live.filter(({ id }) => id !== replicas.id));
      count = await changeOver(trx, change);
      // From here to the outcome of the commit nobody knows which key is the store's.
      keys.suspend(name, replacement.key);
      isSuspended = true;
    });
    keys.settle(name, replacement.key);
  } catch (error) {
    if (!isSuspended || !(await settleAfter(deps, name, replacement))) throw error;
  }
  await replacement.finish().catch((error: unknown) => {
    deps.logger.warn(
      { err: error, key: name },
      'the file of the new key comes into its place at the next start',
    );
  });
  return count;
}

/** After a failure, asks the store which key it has. @returns whether it is the new one. */
async function settleAfter(
  { store, keys }: RotateLiveDeps,
  name: KeyName,
  replacement: KeyReplacement,
): Promise<boolean> {
  const former = keyOf(keys, name);
  for (;;) {
    try {
      const isNew = await isKeyOfStore(createMetaRepository(store.db), name, replacement.key);
      keys.settle(name, isNew ? replacement.key : former);
      return isNew;
    } catch (error) {
      if (!isStoreOutage(error)) throw error;
      await sleep(ASK_INTERVAL_MS, undefined, { ref: false });
    }
  }
}

async function assertReplaceable(
  { keys, sources, replicas }: RotateLiveDeps,
  wanted: KeyToRotate,
): Promise<void> {
  const { name } = wanted;
  const key = keyOf(keys, name);
  if (fingerprintOf(name, key) !== wanted.fingerprint) {
    throw refuse(
      `the ${name} key does not have this fingerprint`,
      'It may have been replaced already. GET /api/v1/keys tells the fingerprint of the one in force.',
    );
  }
  if ((name === 'auth' ? sources.env?.authKey : sources.env?.secretsKey) !== undefined) {
    const variable = name === 'auth' ? 'RACETRACK_AUTH_KEY' : 'RACETRACK_SECRETS_KEY';
    throw refuse(
      `the ${name} key is given in ${variable}, which this server cannot change`,
      `Stop the server, put the key into DATA_DIR/keys/${name}.key, leave the variable out, and use npm start -- keys rotate ${name}.`,
    );
  }
  if (key === TUTORIAL_AUTH_KEY) {
    throw refuse(
      'the tutorial works with its published key alone',
      'Start a data directory without --tutorial.',
    );
  }
  assertAlone(await replicas.findOthers());
}

function assertAlone(others: readonly Pick<ReplicaRow, 'hostname' | 'pid'>[]): void {
  if (others.length === 0) return;
  const names = others.map(({ hostname, pid }) => `process ${pid} on ${hostname}`).join(', ');
  throw refuse(
    `other servers on this store hold the key in their memory: ${names}`,
    'Stop all others and repeat this, or stop all and use npm start -- keys rotate; then take the new key file to their data directories.',
  );
}

function keyOf(keys: KeyRing, name: KeyName): string {
  const { authKey, secretsKey } = keys.current();
  return name === 'auth' ? authKey : secretsKey;
}

function refuse(message: string, hint: string): PlatformError {
  return new PlatformError('KEY_NOT_REPLACEABLE', message, { hint });
}
