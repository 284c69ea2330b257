import { fromJson, toJson } from '../codec.ts';
import type { Queryable } from '../store.ts';

export interface SettingRepository {
  /** The value as it was stored; `undefined` when it never was. */
  find(name: string): Promise<unknown>;
  /** Inside a transaction that marks the feed record `setting NAME` as changed. */
  set(name: string, value: unknown): Promise<void>;
}

/** All SQL on the table `setting`: switches for the whole platform, as JSON. */
export function createSettingRepository(db: Queryable): SettingRepository {
  return {
    async find(name) {
      const row = await db.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirst();
      return row && fromJson(row.value);
    },

    async set(name, value) {
      const text = toJson(value);
      await db
        .insertInto('setting')
        .values({ name, value: text })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: text }))
        .execute();
    },
  };
}
