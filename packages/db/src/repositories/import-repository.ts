import type { Insertable } from 'kysely';
import type { Database, SubjectTable } from '../database.ts';
import type { Queryable } from '../store.ts';

type KeyedTable =
  | 'user'
  | 'esc'
  | 'job_family'
  | 'subject'
  | 'token'
  | 'job'
  | 'deployment'
  | 'public_endpoint'
  | 'trash_job'
  | 'audit_event';

export interface ImportRepository {
  /** Stores a row under its own id. False: its id, or something else that is there once, is there already. */
  insertNew<T extends KeyedTable>(table: T, row: Insertable<Database[T]>): Promise<boolean>;
  /** False: there is a setting of this name. */
  insertSetting(name: string, json: string): Promise<boolean>;
  findUserId(username: string): Promise<string | undefined>;
  findFamilyId(name: string): Promise<string | undefined>;
  findJobId(name: string, version: string): Promise<string | undefined>;
  findSubjectId(
    owner: Partial<Pick<SubjectTable, 'user_id' | 'esc_id' | 'family_id'>>,
  ): Promise<string | undefined>;
  /** Whose token it is. */
  findTokenHolder(hash: string): Promise<string | undefined>;
  isNumberFree(table: 'user' | 'permission', number: number): Promise<boolean>;
  nextNumber(table: 'user' | 'permission'): Promise<number>;
  /** Gives a grant the number that clients know it by. */
  setNumber(permissionId: string, number: number): Promise<void>;
}

/** What taking over another installation needs beside the other repositories: rows that keep their ids. */
export function createImportRepository(db: Queryable): ImportRepository {
  return {
    async insertNew(table, row) {
      const inserted = await db
        .insertInto<KeyedTable>(table)
        .values(row as Insertable<Database[KeyedTable]>)
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst();
      return inserted !== undefined;
    },

    async insertSetting(name, json) {
      const inserted = await db
        .insertInto('setting')
        .values({ name, value: json })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .returning('name')
        .executeTakeFirst();
      return inserted !== undefined;
    },

    async findUserId(username) {
      const row = await db
        .selectFrom('user')
        .select('id')
        .where('username', '=', username)
        .executeTakeFirst();
      return row?.id;
    },

    async findFamilyId(name) {
      const row = await db.selectFrom('job_family').select('id').where('name', '=', name).executeTakeFirst();
      return row?.id;
    },

    async findJobId(name, version) {
      const row = await db
        .selectFrom('job')
        .select('id')
        .where('name', '=', name)
        .where('version', '=', version)
        .executeTakeFirst();
      return row?.id;
    },

    async findSubjectId(owner) {
      let query = db.selectFrom('subject').select('id');
      if (owner.user_id) query = query.where('user_id', '=', owner.user_id);
      if (owner.esc_id) query = query.where('esc_id', '=', owner.esc_id);
      if (owner.family_id) query = query.where('family_id', '=', owner.family_id);
      return (await query.executeTakeFirst())?.id;
    },

    async findTokenHolder(hash) {
      const row = await db
        .selectFrom('token')
        .select('subject_id')
        .where('hash', '=', hash)
        .executeTakeFirst();
      return row?.subject_id;
    },

    async isNumberFree(table, number) {
      const row = await db.selectFrom(table).select('id').where('number', '=', number).executeTakeFirst();
      return row === undefined;
    },

    async nextNumber(table) {
      const row = await db
        .selectFrom(table)
        .select(({ fn }) => fn.max('number').as('number'))
        .executeTakeFirst();
      return (row?.number ?? 0) + 1;
    },

    async setNumber(permissionId, number) {
      await db.updateTable('permission').set({ number }).where('id', '=', permissionId).execute();
    },
  };
}
