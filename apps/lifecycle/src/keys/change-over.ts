import {
  createMetaRepository,
  createSealedRepository,
  createSubjectRepository,
  createTokenRepository,
  SEALED_COLUMNS,
  type StoreTransaction,
  type SubjectKind,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { fingerprintOf, type KeyReplacement } from '@racetrack-platform/keys';
import { recordAudit } from '../audit/record-audit.ts';
import type { Actor } from '../auth/actor.ts';
import { createTokenService } from '../auth/token-service.ts';
import type { KeyName } from './key-ring.ts';
import { createSealer, type Sealer } from './sealer.ts';

interface ChangeOver {
  readonly name: KeyName;
  readonly replacement: KeyReplacement;
  /** Opens what is sealed in the store. */
  readonly sealer: Sealer;
  readonly actor: Actor;
}

/** Of one look at the store; texts are replaced one by one anyway. */
const PAGE = 500;
const KINDS: readonly SubjectKind[] = ['user', 'esc', 'job_family'];

/**
 * Makes everything anew that was made with a key, and makes its successor the key of the store.
 *
 * @returns how many texts were sealed anew, or tokens signed anew.
 * @throws PlatformError `STORE_CORRUPT`, naming a row whose text cannot be opened.
 */
export async function changeOver(
  trx: StoreTransaction,
  { name, replacement, sealer, actor }: ChangeOver,
): Promise<number> {
  const { key, check } = replacement;
  const count =
    name === 'auth' ? await signAnew(trx, key, sealer) : await sealAnew(trx, sealer, createSealer(key));
  await createMetaRepository(trx.db).set(check.name, check.value);
  const properties = { key: name, count, fingerprint: fingerprintOf(name, key) };
  await recordAudit(trx, { ...actor, eventType: 'keys_rotated', properties });
  return count;
}

/** Every token gets another text: the former ones are worth nothing. */
async function signAnew(trx: StoreTransaction, authKey: string, sealer: Sealer): Promise<number> {
  const tokens = createTokenService({ authKey, sealer });
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
async function sealAnew(trx: StoreTransaction, opener: Sealer, sealer: Sealer): Promise<number> {
  const sealed = createSealedRepository(trx.db);
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
        hint: 'Nothing was changed. Revoke that token, deploy that job again and remove the old deployment, or configure that plugin anew, then repeat this.',
      },
    );
  }
}
