import { randomUUID } from 'node:crypto';
import { fromFlag } from '../codec.ts';
import type { SubjectKind, SubjectTable } from '../database.ts';
import type { Queryable } from '../store.ts';

/** Somebody who can hold tokens and grants, with the name that people know. */
export interface SubjectIdentity {
  readonly id: string;
  readonly kind: SubjectKind;
  /** User name, name of the external service, or name of the job family. */
  readonly name: string;
  /** What stands in a token's claim `subject`: the name, except for an external service, whose id it is. */
  readonly claim: string;
  /** False for a deactivated user; the other kinds are always active. */
  readonly isActive: boolean;
  readonly isStaff: boolean;
}

export interface SubjectRepository {
  find(id: string): Promise<SubjectIdentity | undefined>;
  findByUsername(username: string): Promise<SubjectIdentity | undefined>;
  findByEsc(escId: string): Promise<SubjectIdentity | undefined>;
  findByFamily(familyName: string): Promise<SubjectIdentity | undefined>;
  findFamilyId(familyName: string): Promise<string | undefined>;
  /** All of one kind, active or not, in no particular order. */
  listOfKind(kind: SubjectKind): Promise<SubjectIdentity[]>;
  /** Those that are active, in no particular order. */
  listActive(): Promise<SubjectIdentity[]>;
  /** The subject of a user, created when missing. */
  ensureOfUser(userId: string): Promise<{ id: string; isNew: boolean }>;
  /** The subject of an external service, created when missing. */
  ensureOfEsc(escId: string): Promise<{ id: string; isNew: boolean }>;
  /** The family of this name and its subject, both created when missing. */
  ensureOfFamily(familyName: string): Promise<{ id: string; familyId: string; isNew: boolean }>;
  /**
   * Removes a family without jobs, with its subject, tokens and every grant on it.
   *
   * @returns what pub has to forget: hashes of tokens, and subjects that are gone or lost a grant.
   */
  deleteFamily(familyName: string): Promise<{ tokenHashes: string[]; subjectIds: string[] }>;
}

type OwnerColumn = Exclude<keyof SubjectTable, 'id' | 'kind'>;

/** All SQL on the table `subject`, and the creation of rows in `job_family`. */
export function createSubjectRepository(db: Queryable): SubjectRepository {
  const identities = db
    .selectFrom('subject')
    .leftJoin('user', 'user.id', 'subject.user_id')
    .leftJoin('esc', 'esc.id', 'subject.esc_id')
    .leftJoin('job_family', 'job_family.id', 'subject.family_id')
    .select([
      'subject.id',
      'subject.kind',
      'subject.esc_id',
      'user.username',
      'user.is_active',
      'user.is_staff',
      'esc.name as esc_name',
      'job_family.name as family_name',
    ]);

  return {
    async find(id) {
      const row = await identities.where('subject.id', '=', id).executeTakeFirst();
      return row && toIdentity(row);
    },

    async findByUsername(username) {
      const row = await identities.where('user.username', '=', username).executeTakeFirst();
      return row && toIdentity(row);
    },

    async findByEsc(escId) {
      const row = await identities.where('subject.esc_id', '=', escId).executeTakeFirst();
      return row && toIdentity(row);
    },

    async findByFamily(familyName) {
      const row = await identities.where('job_family.name', '=', familyName).executeTakeFirst();
      return row && toIdentity(row);
    },

    async findFamilyId(familyName) {
      const family = db.selectFrom('job_family').select('id').where('name', '=', familyName);
      return (await family.executeTakeFirst())?.id;
    },

    async listOfKind(kind) {
      return (await identities.where('subject.kind', '=', kind).execute()).map(toIdentity);
    },

    async listActive() {
      const rows = await identities
        .where((eb) => eb.or([eb('user.is_active', '=', 1), eb('subject.kind', '!=', 'user')]))
        .execute();
      return rows.map(toIdentity);
    },

    async ensureOfUser(userId) {
      return await ensureSubject(db, 'user', 'user_id', userId);
    },

    async ensureOfEsc(escId) {
      return await ensureSubject(db, 'esc', 'esc_id', escId);
    },

    async ensureOfFamily(familyName) {
      const familyId = await ensureFamily(db, familyName);
      return { familyId, ...(await ensureSubject(db, 'job_family', 'family_id', familyId)) };
    },

    async deleteFamily(familyName) {
      const family = db.selectFrom('job_family').select('id').where('name', '=', familyName);
      const own = await db.selectFrom('subject').select('id').where('family_id', '=', family).execute();
      const ownIds = own.map((row) => row.id);
      const tokens =
        ownIds.length === 0
          ? []
          : await db.selectFrom('token').select('hash').where('subject_id', 'in', ownIds).execute();
      const grants = await db
        .selectFrom('permission')
        .select('subject_id')
        .where('family_id', '=', family)
        .execute();
      await db.deleteFrom('job_family').where('name', '=', familyName).execute();
      const holders = grants.map((row) => row.subject_id);
      return {
        tokenHashes: tokens.map((row) => row.hash),
        subjectIds: [...new Set([...ownIds, ...holders])],
      };
    },
  };
}

interface IdentityRow {
  readonly id: string;
  readonly kind: SubjectKind;
  readonly esc_id: string | null;
  readonly username: string | null;
  readonly is_active: number | null;
  readonly is_staff: number | null;
  readonly esc_name: string | null;
  readonly family_name: string | null;
}

function toIdentity(row: IdentityRow): SubjectIdentity {
  const name = row.username ?? row.esc_name ?? row.family_name ?? '';
  return {
    id: row.id,
    kind: row.kind,
    name,
    claim: row.esc_id ?? name,
    isActive: fromFlag(row.is_active ?? 1),
    isStaff: fromFlag(row.is_staff ?? 0),
  };
}

async function ensureSubject(
  db: Queryable,
  kind: SubjectKind,
  column: OwnerColumn,
  ownerId: string,
): Promise<{ id: string; isNew: boolean }> {
  const references = { user_id: null, esc_id: null, family_id: null, [column]: ownerId };
  const inserted = await db
    .insertInto('subject')
    .values({ id: randomUUID(), kind, ...references })
    .onConflict((conflict) => conflict.column(column).doNothing())
    .returning('id')
    .executeTakeFirst();
  if (inserted) return { id: inserted.id, isNew: true };
  const { id } = await db
    .selectFrom('subject')
    .select('id')
    .where(column, '=', ownerId)
    .executeTakeFirstOrThrow();
  return { id, isNew: false };
}

async function ensureFamily(db: Queryable, name: string): Promise<string> {
  await db
    .insertInto('job_family')
    .values({ id: randomUUID(), name })
    .onConflict((conflict) => conflict.column('name').doNothing())
    .execute();
  const row = await db
    .selectFrom('job_family')
    .select('id')
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  return row.id;
}
