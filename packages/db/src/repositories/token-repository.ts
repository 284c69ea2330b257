import type { Insertable, Selectable } from 'kysely';
import type { TokenTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type TokenRow = Selectable<TokenTable>;

export interface TokenRepository {
  findByHash(hash: string): Promise<TokenRow | undefined>;
  /** The oldest token of a subject that is active and not expired at `now`. */
  findUsable(subjectId: string, now: number): Promise<TokenRow | undefined>;
  /** All that are active, in no particular order. */
  listActive(): Promise<Pick<TokenRow, 'hash' | 'subject_id' | 'expires_at'>[]>;
  insert(row: Insertable<TokenTable>): Promise<void>;
  /** Answers its hash, `undefined` when there is no such token. */
  deactivate(id: string): Promise<string | undefined>;
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

    async insert(row) {
      await db.insertInto('token').values(row).execute();
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

    async noteUse(id, usedAt) {
      await db.updateTable('token').set({ last_used_at: usedAt }).where('id', '=', id).execute();
    },
  };
}
