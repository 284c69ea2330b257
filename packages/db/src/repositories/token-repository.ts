import type { Insertable, Selectable } from 'kysely';
import type { SubjectKind, TokenTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type TokenRow = Selectable<TokenTable>;

export interface TokenRepository {
  findByHash(hash: string): Promise<TokenRow | undefined>;
  /** The oldest token of a subject that has no name, is active and not expired at `now`: the one that signing in answers. */
  findUsable(subjectId: string, now: number): Promise<TokenRow | undefined>;
  /** All that are active, in no particular order. */
  listActive(): Promise<Pick<TokenRow, 'hash' | 'subject_id' | 'expires_at'>[]>;
  /** Every token of a subject, the oldest first. */
  listOfSubject(subjectId: string): Promise<TokenRow[]>;
  /** Every token of all subjects of a kind, the oldest first. */
  listOfKind(kind: SubjectKind): Promise<TokenRow[]>;
  insert(row: Insertable<TokenTable>): Promise<void>;
  /** Gives a token another text; what it was used for before counts no more. */
  replaceText(id: string, text: Pick<TokenRow, 'hash' | 'sealed'>): Promise<void>;
  /** Answers its hash, `undefined` when there is no such token. */
  deactivate(id: string): Promise<string | undefined>;
  /** Answers the hashes of those that were active. */
  deactivateAll(subjectId: string): Promise<string[]>;
  /** Lets what can be used end at `expiresAt`, unless it ends before; answers the hashes of those that changed. */
  limitExpiry(subjectId: string, expiresAt: number): Promise<string[]>;
  /** Removes a token of this subject; answers its hash, `undefined` when the subject has no such token. */
  delete(id: string, subjectId: string): Promise<string | undefined>;
  noteUse(id: string, usedAt: number): Promise<void>;
}

/** All SQL on the table `token`. */
export function createTokenRepository(db: Queryable): TokenRepository {
  return {
    async findByHash(hash) {
      return await db.selectFrom('token').selectAll().where('hash', '=', hash).executeTakeFirst();
    },

    async findUsable(subjectId, now) {
      return await db
        .selectFrom('token')
        .selectAll()
        .where('subject_id', '=', subjectId)
        .where('name', 'is', null)
        .where('is_active', '=', 1)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
        .orderBy('created_at')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
    },

    async listActive() {
      return await db
        .selectFrom('token')
        .select(['hash', 'subject_id', 'expires_at'])
        .where('is_active', '=', 1)
        .execute();
    },

    async listOfSubject(subjectId) {
      return await db
        .selectFrom('token')
        .selectAll()
        .where('subject_id', '=', subjectId)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
    },

    async listOfKind(kind) {
      return await db
        .selectFrom('token')
        .innerJoin('subject', 'subject.id', 'token.subject_id')
        .selectAll('token')
        .where('subject.kind', '=', kind)
        .orderBy('token.created_at')
        .orderBy('token.id')
        .execute();
    },

    async insert(row) {
      await db.insertInto('token').values(row).execute();
    },

    async replaceText(id, { hash, sealed }) {
      await db.updateTable('token').set({ hash, sealed, last_used_at: null }).where('id', '=', id).execute();
    },

    async deactivate(id) {
      const row = await db
        .updateTable('token')
        .set({ is_active: 0 })
        .where('id', '=', id)
        .returning('hash')
        .executeTakeFirst();
      return row?.hash;
    },

    async deactivateAll(subjectId) {
      const rows = await db
        .updateTable('token')
        .set({ is_active: 0 })
        .where('subject_id', '=', subjectId)
        .where('is_active', '=', 1)
        .returning('hash')
        .execute();
      return rows.map((row) => row.hash);
    },

    async limitExpiry(subjectId, expiresAt) {
      const rows = await db
        .updateTable('token')
        .set({ expires_at: expiresAt })
        .where('subject_id', '=', subjectId)
        .where('is_active', '=', 1)
        .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', expiresAt)]))
        .returning('hash')
        .execute();
      return rows.map((row) => row.hash);
    },

    async delete(id, subjectId) {
      const row = await db
        .deleteFrom('token')
        .where('id', '=', id)
        .where('subject_id', '=', subjectId)
        .returning('hash')
        .executeTakeFirst();
      return row?.hash;
    },

    async noteUse(id, usedAt) {
      await db.updateTable('token').set({ last_used_at: usedAt }).where('id', '=', id).execute();
    },
  };
}
