import type { Insertable, Selectable } from 'kysely';
import { toFlag } from '../codec.ts';
import type { UserTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type UserRow = Selectable<UserTable>;

export interface UserRepository {
  find(username: string): Promise<UserRow | undefined>;
  /** Whether there is any account at all, active or not. */
  exists(): Promise<boolean>;
  /** Answers false, and changes nothing, when the name is taken. */
  insert(row: Insertable<UserTable>): Promise<boolean>;
  setPasswordHash(id: string, passwordHash: string): Promise<void>;
  /** Replaces a hash only while it is still the one that was verified, so that a new password is never undone. */
  replacePasswordHash(id: string, verifiedHash: string, passwordHash: string): Promise<void>;
  setActive(id: string, isActive: boolean): Promise<void>;
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

    async insert(row) {
      const inserted = await db
        .insertInto('user')
        .values(row)
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

    async noteLogin(id, loggedInAt) {
      await db.updateTable('user').set({ last_login_at: loggedInAt }).where('id', '=', id).execute();
    },
  };
}
