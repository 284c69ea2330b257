import { randomUUID } from 'node:crypto';
import { createImportRepository, toFlag, type StoreTransaction } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { hashToken, readLegacyEscId, verifyToken } from '../auth/token-format.ts';
import { findNameProblem } from './find-name-problem.ts';
import { importTable, type ImportRun } from './import-table.ts';
import type { Outcome } from './import-report.ts';
import type { OriginalRow } from './original-rows.ts';

/** Users, external services, families, and the subjects and tokens of all three. */
export async function importAccounts(run: ImportRun): Promise<void> {
  const { escs, families } = run;
  await importTable(
    run,
    { kind: 'user', table: 'auth_user', key: 'id', label: 'users' },
    (row) => row.username,
    async (trx, row) => await takeUser(run, trx, row),
  );
  await importTable(
    run,
    { kind: 'esc', table: 'registry_esc', key: 'id', label: 'external services' },
    (row) => row.name,
    async ({ db }, { id, name }) => {
      const problem = findNameProblem('path', id) ?? findNameProblem('label', name);
      if (problem !== undefined) return { skipped: problem };
      escs.add(id);
      return (await createImportRepository(db).insertNew('esc', { id, name })) ? 'taken' : 'present';
    },
  );
  await importTable(
    run,
    { kind: 'family', table: 'registry_jobfamily', key: 'id', label: 'families' },
    (row) => row.name,
    async ({ db }, { id, name }) => {
      const problem = findNameProblem('family', name);
      if (problem !== undefined) return { skipped: problem };
      const repository = createImportRepository(db);
      const known = await repository.findFamilyId(name);
      families.set(id, { id: known ?? id, name });
      if (known !== undefined) return 'present';
      return (await repository.insertNew('job_family', { id, name })) ? 'taken' : 'present';
    },
  );
  await importTable(
    run,
    { kind: 'subject', table: 'registry_authsubject', key: 'id', label: 'subjects' },
    (row) => row.id,
    async (trx, row) => await takeSubject(run, trx, row),
  );
  await importTable(
    run,
    { kind: 'token', table: 'registry_authtoken', key: 'id', label: 'tokens' },
    (row) => row.id,
    async (trx, row) => await takeToken(run, trx, row),
  );
}

async function takeUser(
  { users, report }: ImportRun,
  { db }: StoreTransaction,
  row: OriginalRow<'user'>,
): Promise<Outcome> {
  const { username } = row;
  const problem = findNameProblem('account', username);
  if (problem !== undefined) return { skipped: problem };
  const repository = createImportRepository(db);
  const known = await repository.findUserId(username);
  if (known !== undefined) {
    users.set(row.id, { id: known, username });
    return 'present';
  }
  const id = randomUUID();
  if (!row.password.startsWith('pbkdf2_sha256$')) {
    report.note(`the password of ${username} cannot be verified here; an administrator has to set a new one`);
  }
  await repository.insertNew('user', {
    id,
    username,
    password_hash: row.password,
    is_active: toFlag(row.is_active),
    is_staff: toFlag(row.is_staff || row.is_superuser),
    is_superuser: toFlag(row.is_superuser),
    created_at: row.date_joined,
    last_login_at: row.last_login,
    email: row.email,
    first_name: row.first_name,
    last_name: row.last_name,
    number: await chooseNumber(db, 'user', row.id),
  });
  users.set(row.id, { id, username });
  return 'taken';
}

/** The one that clients know, unless somebody has it here. */
export async function chooseNumber(
  db: StoreTransaction['db'],
  table: 'user' | 'permission',
  number: number,
): Promise<number> {
  const repository = createImportRepository(db);
  return (await repository.isNumberFree(table, number)) ? number : await repository.nextNumber(table);
}

async function takeSubject(
  run: ImportRun,
  trx: StoreTransaction,
  row: OriginalRow<'subject'>,
): Promise<Outcome> {
  const references = [row.user_id, row.esc_id, row.job_family_id].filter((reference) => reference !== null);
  if (references.length !== 1) return { skipped: 'it belongs to nobody, or to several' };
  const owner = findOwner(run, row);
  if (owner === undefined) return { skipped: 'its owner does not exist' };
  const { kind, claim, ...columns } = owner;
  const repository = createImportRepository(trx.db);
  const known = await repository.findSubjectId(columns);
  run.subjects.set(row.id, { id: known ?? row.id, kind, claim });
  if (known !== undefined) return 'present';
  const isNew = await repository.insertNew('subject', {
    id: row.id,
    kind,
    user_id: null,
    esc_id: null,
    family_id: null,
    ...columns,
  });
  if (!isNew) {
    run.subjects.delete(row.id);
    return { skipped: 'its id belongs to somebody else here' };
  }
  trx.feedChanged('subject', row.id);
  return 'taken';
}

function findOwner({ users, escs, families }: ImportRun, row: OriginalRow<'subject'>) {
  const user = row.user_id === null ? undefined : users.get(row.user_id);
  if (user !== undefined) return { kind: 'user', claim: user.username, user_id: user.id } as const;
  const family = row.job_family_id === null ? undefined : families.get(row.job_family_id);
  if (family !== undefined) return { kind: 'job_family', claim: family.name, family_id: family.id } as const;
  const { esc_id: esc } = row;
  return esc !== null && escs.has(esc) ? ({ kind: 'esc', claim: esc, esc_id: esc } as const) : undefined;
}

/** Tokens are kept to the letter: whoever has one goes on using it. */
async function takeToken(run: ImportRun, trx: StoreTransaction, row: OriginalRow<'token'>): Promise<Outcome> {
  const subject = run.subjects.get(row.auth_subject_id);
  if (subject === undefined) return { skipped: 'its subject does not exist' };
  const problem = findTokenProblem(run.authKey, row.token, subject);
  if (problem !== undefined) return { skipped: problem };
  const repository = createImportRepository(trx.db);
  const hash = hashToken(row.token);
  const holder = await repository.findTokenHolder(hash);
  if (holder !== undefined)
    return holder === subject.id ? 'present' : { skipped: 'somebody else has the same one' };
  const isNew = await repository.insertNew('token', {
    id: row.id,
    subject_id: subject.id,
    name: null,
    hash,
    sealed: run.sealer.seal(row.token, `token:${row.id}`),
    expires_at: row.expiry_time,
    is_active: toFlag(row.active),
    created_at: run.nowMs,
    last_used_at: row.last_use_time,
  });
  if (!isNew) return { skipped: 'its id is taken here' };
  trx.feedChanged('token', hash);
  return 'taken';
}

function findTokenProblem(
  authKey: string,
  token: string,
  subject: { readonly kind: string; readonly claim: string },
): string | undefined {
  const legacyEscId = readLegacyEscId(token);
  if (legacyEscId !== undefined) {
    const isOwn = subject.kind === 'esc' && legacyEscId === subject.claim;
    return isOwn ? undefined : 'it names another subject than the one it belongs to';
  }
  try {
    const claims = verifyToken(authKey, token);
    const isOwn = claims.subject_type === subject.kind && claims.subject === subject.claim;
    return isOwn ? undefined : 'it names another subject than the one it belongs to';
  } catch (error) {
    if (!PlatformError.is(error)) throw error;
    return 'it is not signed with the key of this server: give the key of the original with --auth-key-file, into a new data directory';
  }
}
