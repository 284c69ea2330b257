import type { Permission, SubjectRecord, TokenRecord } from '@racetrack-platform/contracts';
import {
  createPermissionRepository,
  createSubjectRepository,
  createTokenRepository,
  type Queryable,
  type SubjectIdentity,
  type TokenRow,
} from '@racetrack-platform/db';
import { presentCaller } from './authenticated-subject.ts';

/**
 * A token as pub knows it; `undefined` when it is unknown or revoked. Whether its owner is active shows in the owner's
 * own record: without that, a token is worth nothing.
 */
export async function readTokenRecord(db: Queryable, hash: string): Promise<TokenRecord | undefined> {
  const row = await createTokenRepository(db).findByHash(hash);
  return row?.is_active === 1 ? presentToken(row) : undefined;
}

/** A subject with its grants; `undefined` when it is unknown or inactive. */
export async function readSubjectRecord(
  db: Queryable,
  subjectId: string,
): Promise<SubjectRecord | undefined> {
  const subject = await createSubjectRepository(db).find(subjectId);
  if (subject?.isActive !== true) return undefined;
  return presentSubject(subject, await createPermissionRepository(db).listOfSubject(subjectId));
}

/** All tokens that are not revoked, in one query. */
export async function listTokenRecords(db: Queryable): Promise<TokenRecord[]> {
  return (await createTokenRepository(db).listActive()).map(presentToken);
}

/** All active subjects with their grants, in two queries. */
export async function listSubjectRecords(db: Queryable): Promise<SubjectRecord[]> {
  const subjects = await createSubjectRepository(db).listActive();
  const permissions = new Map<string, Permission[]>();
  for (const { subjectId, ...permission } of await createPermissionRepository(db).list()) {
    const known = permissions.get(subjectId);
    if (known) known.push(permission);
    else permissions.set(subjectId, [permission]);
  }
  return subjects.map((subject) => presentSubject(subject, permissions.get(subject.id) ?? []));
}

function presentToken(row: Pick<TokenRow, 'hash' | 'subject_id' | 'expires_at'>): TokenRecord {
  return { kind: 'token', id: row.hash, subjectId: row.subject_id, expiresAt: row.expires_at };
}

function presentSubject(subject: SubjectIdentity, permissions: Permission[]): SubjectRecord {
  return { kind: 'subject', id: subject.id, caller: presentCaller(subject), permissions };
}
