import type { Queryable } from '../store.ts';

export interface MetaRepository {
  find(key: string): Promise<string | undefined>;
  /** Notes a fact that must not change afterwards: the first value stays, whoever comes second. */
  insertOnce(key: string, value: string): Promise<void>;
  /** Replaces a fact; only for those that may change, such as the check value of a key that is replaced. */
  set(key: string, value: string): Promise<void>;
}

/** All SQL on the table `meta`: facts about the store itself. */
export function createMetaRepository(db: Queryable): MetaRepository {
  return {
    async find(key) {
      const row = await db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst();
      return row?.value;
    },

    async insertOnce(key, value) {
      await db
        .insertInto('meta')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doNothing())
        .execute();
    },

    async set(key, value) {
      await db
        .insertInto('meta')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
    },
  };
}
