import {
  createMetaRepository,
  createReplicaRepository,
  createSealedRepository,
  createSubjectRepository,
  createTokenRepository,
  SEALED_COLUMNS,
  type Store,
  type StoreTransaction,
  type SubjectKind,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { prepareReplacement, readKeys, type KeyReplacement, type KeySources } from '@racetrack-platform/keys';
import { recordAudit } from '../audit/record-audit.ts';
import type { Actor } from '../auth/actor.ts';
import { createTokenService } from '../auth/token-service.ts';
import { createSealer, type Sealer } from './sealer.ts';

/** What is replaced: the key that signs tokens, or the one that seals secrets in the store. */
export type KeyName = 'auth' | 'secrets';

export interface RotateKeysDeps extends KeySources {
  readonly store: Store;
  readonly actor: Actor;
}

/** Of one look at the store; texts are replaced one by one anyway. */
const PAGE = 500;
const KINDS: readonly SubjectKind[] = ['user', 'esc', 'job_family'];

/**
 * Replaces a key, with everything that was made with it, in one transaction. No control process may run: each holds the
 * keys in its memory. Interrupted at any point, the next start finds the key that fits.
 *
 * @returns how many texts were sealed anew, or tokens signed anew.
 * @throws PlatformError `DATA_DIR_IN_USE` when a control process is alive; `KEY_MISMATCH`, `CONFIG_INVALID`.
 */
export async function rotateKey(deps: RotateKeysDeps, name: KeyName): Promise<number> {
  const sources = { dataDir: deps.dataDir, env: deps.env ?? {}, meta: createMetaRepository(deps.store.db) };
  const keys = await readKeys(sources);
  const replacement = await prepareReplacement(sources, name);
  const { result } = await deps.store.transaction(async (trx) => {
    await requireNobody(deps.store, trx);
    const count =
      name === 'auth'
        ? await signAnew(trx, replacement.key, keys.secretsKey)
        : await sealAnew(trx, keys.secretsKey, replacement.key);
    await changeOver(trx, replacement);
    await recordAudit(trx, { ...deps.actor, eventType: 'keys_rotated', properties: { key: name, count } });
    return count;
  });
  await replacement.finish();
  return result;
}

async function changeOver(trx: StoreTransaction, { check }: KeyReplacement): Promise<void> {
  await createMetaRepository(trx.db).set(check.name, check.value);
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

/** Every token gets another text: the former ones are worth nothing. */
async function signAnew(trx: StoreTransaction, authKey: string, secretsKey: string): Promise<number> {
  const tokens = createTokenService({ authKey, sealer: createSealer(secretsKey) });
  let count = 0;
  for (const kind of KINDS) {
    const subjects = await createSubjectRepository(trx.db).listOfKind(kind);
    const rows = await createTokenRepository(trx.db).listOfKind(kind);
    const owners = new Map(subjects.map((subject) => [subject.id, subject]));
    count += (await tokens.regenerate(trx, rows, owners)).size;
  }
  return count;
}

/** A text that cannot be opened ends it all, named by its row: then nothing is changed. */
async function sealAnew(trx: StoreTransaction, former: string, next: string): Promise<number> {
  const sealed = createSealedRepository(trx.db);
  const [opener, sealer] = [createSealer(former), createSealer(next)];
  let count = 0;
  for (const column of SEALED_COLUMNS) {
    for (let afterId = '', rows = await sealed.list(column, afterId, PAGE); rows.length > 0;) {
      for (const row of rows) {
        const bound = `${column}:${row.id}`;
        const text = openOrExplain(opener, row.sealed, bound);
        await sealed.replace(column, { id: row.id, sealed: sealer.seal(text, bound) });
        afterId = row.id;
        count += 1;
      }
      rows = await sealed.list(column, afterId, PAGE);
    }
  }
  return count;
}

function openOrExplain(opener: Sealer, sealed: string, bound: string): string {
  try {
    return opener.open(sealed, bound);
  } catch (cause) {
    throw new PlatformError(
      'STORE_CORRUPT',
      `the sealed text of ${bound.replace(':', ' ')} cannot be opened`,
      {
        cause,
        hint: 'Nothing was changed. Revoke that token, or deploy that job again and remove the old deployment, then repeat this.',
      },
    );
  }
}
