import type { Selectable } from 'kysely';
import { fromJson, toJson } from '../codec.ts';
import type { AsyncJobCallTable } from '../database.ts';
import type { Queryable } from '../store.ts';

/** A stored call; the bodies are texts of any characters, NUL and lone surrogates included. */
export type AsyncCallRow = Selectable<AsyncJobCallTable>;

export interface AsyncCallRepository {
  find(id: string): Promise<AsyncCallRow | undefined>;
  /** Stores it, in place of one with the same id. */
  put(row: AsyncCallRow): Promise<void>;
  /** Answers false when there is none. */
  delete(id: string): Promise<boolean>;
  /** Forgets those that began before, and answers how many. */
  purge(startedBefore: number): Promise<number>;
}

/** All SQL on the table `async_job_call`. Bodies are stored as JSON texts: those hold what a text of the store cannot. */
export function createAsyncCallRepository(db: Queryable): AsyncCallRepository {
  return {
    async find(id) {
      const row = await db.selectFrom('async_job_call').selectAll().where('id', '=', id).executeTakeFirst();
      if (row === undefined) return undefined;
      return {
        ...row,
        request_body: decodeAsyncBody(row.request_body),
        response_body: decodeAsyncBody(row.response_body),
      };
    },

    async put(row) {
      const stored = {
        ...row,
        request_body: toJson(row.request_body),
        response_body: toJson(row.response_body),
      };
      const { id: _id, ...change } = stored;
      await db
        .insertInto('async_job_call')
        .values(stored)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(change))
        .execute();
    },

    async delete(id) {
      const { numDeletedRows } = await db
        .deleteFrom('async_job_call')
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },

    async purge(startedBefore) {
      const { numDeletedRows } = await db
        .deleteFrom('async_job_call')
        .where('started_at', '<', startedBefore)
        .executeTakeFirst();
      return Number(numDeletedRows);
    },
  };
}

/** A stored body as it came. */
export function decodeAsyncBody(stored: string): string {
  return String(fromJson(stored));
}
