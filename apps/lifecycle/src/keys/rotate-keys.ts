import {
  createMetaRepository,
  createReplicaRepository,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { prepareReplacement, readKeys, type KeySources } from '@racetrack-platform/keys';
import type { Actor } from '../auth/actor.ts';
import { changeOver } from './change-over.ts';
import type { KeyName } from './key-ring.ts';
import { createSealer } from './sealer.ts';

export interface RotateKeysDeps extends KeySources {
  readonly store: Store;
  readonly actor: Actor;
}

/**
 * Replaces a key, with everything that was made with it, in one transaction. No control process may run: each holds the
 * keys in its memory. Interrupted at any point, the next start finds the key that fits.
 *
 * @returns how many texts were sealed anew, or tokens signed anew.
 * @throws PlatformError `DATA_DIR_IN_USE` when a control process is alive; `KEY_MISMATCH`, `CONFIG_INVALID`.
 */
export async function rotateKey(deps: RotateKeysDeps, name: KeyName): Promise<number> {
  const sources = { dataDir: deps.dataDir, env: deps.env ?? {}, meta: createMetaRepository(deps.store.db) };
  const { secretsKey } = await readKeys(sources);
  const replacement = await prepareReplacement(sources, name);
  const { result } = await deps.store.transaction(async (trx) => {
    await requireNobody(deps.store, trx);
    return await changeOver(trx, { name, replacement, sealer: createSealer(secretsKey), actor: deps.actor });
  });
  await replacement.finish();
  return result;
}

/** A database file is guarded by the lock of its directory; a server by the heartbeats of those who use it. */
async function requireNobody({ kind }: Store, { db }: StoreTransaction): Promise<void> {
  const replicas = kind === 'sqlite' ? [] : await createReplicaRepository(db).listLive(Date.now());
  if (replicas.length === 0) return;
  const names = replicas.map(({ hostname, pid }) => `process ${pid} on ${hostname}`).join(', ');
  throw new PlatformError('DATA_DIR_IN_USE', `the store is in use by ${names}`, {
    hint: 'Stop every platform that uses this store; after a crash, wait a minute.',
  });
}
