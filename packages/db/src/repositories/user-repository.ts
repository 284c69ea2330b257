import type { Insertable, Selectable } from 'kysely';
import { toFlag } from '../codec.ts';
import type { UserTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type UserRow = Selectable<UserTable>;

export interface UserRepository {
  find(username: string): Promise<UserRow | undefined>;
  /** Whether there is any account at all, active or not. */
  exists(): Promise<boolean>;
  /** By name. */
  list(): Promise<UserRow[]>;
  /** How many accounts other than this one are active and staff. */
  countOtherAdministrators(id: string): Promise<number>;
  /** Whether an account has this name, or one that differs in case alone. */
  hasSimilarName(username: string): Promise<boolean>;
  /** With the next number. Answers false, and changes nothing, when the name is taken. */
  insert(row: Omit<Insertable<UserTable>, 'number'>): Promise<boolean>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
  /** Replaces a hash only while it is still the one that was verified, so that a new password is never undone. */
  replacePasswordHash(id: string, verifiedHash: string, passwordHash: string): Promise<void>;
  setActive(id: string, isActive: boolean): Promise<void>;
  setStaff(id: string, isStaff: boolean): Promise<void>;
  noteLogin(id: string, loggedInAt: number): Promise<void>;
}

/** All SQL on the table `user`. */
export function createUserRepository(db: Queryable): UserRepository {
  return {
    async find(username) {
      return await db.selectFrom('user').selectAll().where('username', '=', username).executeTakeFirst();
    },

    async exists() {
      return (await db.selectFrom('user').select('id').limit(1).executeTakeFirst()) !== undefined;
    },

    async list() {
      return await db.selectFrom('user').selectAll().orderBy('username').execute();
    },

    async countOtherAdministrators(id) {
      const { count } = await db
        .selectFrom('user')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('is_active', '=', 1)
        .where('is_staff', '=', 1)
        .where('id', '!=', id)
        .executeTakeFirstOrThrow();
      return count;
    },

    async hasSimilarName(username) {
      const row = await db
        .selectFrom('user')
        .select('id')
        .where((eb) => eb(eb.fn<string>('lower', ['username']), '=', username.toLowerCase()))
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },

    async insert(row) {
      const inserted = await db
        .insertInto('user')
        .values((eb) => ({
          ...row,
          number: eb
            .selectFrom('user')
            .select((user) => eb(user.fn.coalesce(user.fn.max('number'), user.val(0)), '+', 1).as('number')),
        }))
        .onConflict((conflict) => conflict.column('username').doNothing())
        .returning('id')
        .executeTakeFirst();
      return inserted !== undefined;
    },

    async setPasswordHash(id, passwordHash) {
      await db.updateTable('user').set({ password_hash: passwordHash }).where('id', '=', id).execute();
    },

    async replacePasswordHash(id, verifiedHash, passwordHash) {
      await db
        .updateTable('user')
        .set({ password_hash: passwordHash })
        .where('id', '=', id)
        .where('password_hash', '=', verifiedHash)
        .execute();
    },

    async setActive(id, isActive) {
      await db
        .updateTable('user')
        .set({ is_active: toFlag(isActive) })
        .where('id', '=', id)
        .execute();
    },

    async setStaff(id, isStaff) {
      await db
        .updateTable('user')
        .set({ is_staff: toFlag(isStaff) })
        .where('id', '=', id)
        .execute();
    },

    async noteLogin(id, loggedInAt) {
      await db.updateTable('user').set({ last_login_at: loggedInAt }).where('id', '=', id).execute();
    },
  };
}
