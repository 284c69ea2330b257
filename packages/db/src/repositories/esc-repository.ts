import type { Insertable, Selectable } from 'kysely';
import type { EscTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type EscRow = Selectable<EscTable>;

export interface EscRepository {
  find(id: string): Promise<EscRow | undefined>;
  /** By name, then id. */
  list(): Promise<EscRow[]>;
  /** Answers false, and changes nothing, when the id is taken. */
  insert(row: Insertable<EscTable>): Promise<boolean>;
  /** Removes it with its subject, tokens and grants. */
  delete(id: string): Promise<void>;
}

/** All SQL on the table `esc`: external service consumers. */
export function createEscRepository(db: Queryable): EscRepository {
  return {
    async find(id) {
      return await db.selectFrom('esc').selectAll().where('id', '=', id).executeTakeFirst();
    },

    async list() {
      return await db.selectFrom('esc').selectAll().orderBy('name').orderBy('id').execute();
    },

    async insert(row) {
      const inserted = await db
        .insertInto('esc')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      return inserted !== undefined;
    },

    async delete(id) {
      await db.deleteFrom('esc').where('id', '=', id).execute();
    },
  };
}
