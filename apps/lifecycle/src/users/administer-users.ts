import type { ChangeUserPayload, ResetPasswordDto, UserDto } from '@racetrack-platform/contracts';
import {
  createSubjectRepository,
  createTokenRepository,
  createUserRepository,
  type Queryable,
  type Store,
  type StoreTransaction,
  type SubjectIdentity,
  type UserRow,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../audit/record-audit.ts';
import type { Actor } from '../auth/actor.ts';
import { generatePassword } from './generate-password.ts';
import { requireOtherAdministrator } from './last-administrator.ts';
import { hashPassword } from './password-hash.ts';

/** What administrators do with the accounts of others. All methods but `list` throw `NOT_FOUND`. */
export interface UserAdministration {
  /** By name. */
  list(): Promise<UserDto[]>;
  /**
   * A deactivated user's tokens stop working with the commit, here and at pub.
   *
   * @throws PlatformError `LAST_ADMINISTRATOR` rather than leaving nobody who could undo it.
   */
  change(username: string, change: ChangeUserPayload, actor: Actor): Promise<UserDto>;
  /** Gives the account a generated password, and revokes all its tokens. */
  resetPassword(username: string, actor: Actor): Promise<ResetPasswordDto>;
  findSubject(username: string): Promise<Pick<SubjectIdentity, 'id' | 'name'>>;
}

/** Works on the store alone, so that a command at the server can use it beside a running platform. */
export function createUserAdministration({ store }: { readonly store: Store }): UserAdministration {
  return {
    async list() {
      return (await createUserRepository(store.db).list()).map(presentUser);
    },

    async change(username, change, actor) {
      const { result } = await store.transaction(async (trx) => {
        const user = await getUser(trx.db, username);
        const wanted = {
          is_active: change.is_active ?? user.is_active === 1,
          is_staff: change.is_staff ?? user.is_staff === 1,
        };
        await applyChange(trx, user, wanted, actor);
        return await getUser(trx.db, username);
      });
      return presentUser(result);
    },

    async resetPassword(username, actor) {
      await getUser(store.db, username);
      const password = generatePassword();
      const passwordHash = await hashPassword(password);
      await store.transaction(async (trx) => {
        const user = await getUser(trx.db, username);
        await createUserRepository(trx.db).setPasswordHash(user.id, passwordHash);
        const { id } = await createSubjectRepository(trx.db).ensureOfUser(user.id);
        const hashes = await createTokenRepository(trx.db).deactivateAll(id);
        for (const hash of hashes) trx.feedChanged('token', hash);
        trx.feedChanged('subject', id);
        await recordAudit(trx, {
          ...actor,
          eventType: 'password_reset',
          subject: username,
          properties: { revoked_tokens: hashes.length },
        });
      });
      return { username, password };
    },

    async findSubject(username) {
      await getUser(store.db, username);
      const subject = await createSubjectRepository(store.db).findByUsername(username);
      return { id: subject?.id ?? '', name: username };
    },
  };
}

interface Rights {
  readonly is_active: boolean;
  readonly is_staff: boolean;
}

async function applyChange(
  trx: StoreTransaction,
  user: UserRow,
  wanted: Rights,
  actor: Actor,
): Promise<void> {
  const before: Rights = { is_active: user.is_active === 1, is_staff: user.is_staff === 1 };
  if (before.is_active === wanted.is_active && before.is_staff === wanted.is_staff) return;
  const isAdministrator = before.is_active && before.is_staff;
  if (isAdministrator && !(wanted.is_active && wanted.is_staff)) {
    await requireOtherAdministrator(trx.db, user.id);
  }
  const users = createUserRepository(trx.db);
  await users.setActive(user.id, wanted.is_active);
  await users.setStaff(user.id, wanted.is_staff);
  const { id } = await createSubjectRepository(trx.db).ensureOfUser(user.id);
  trx.feedChanged('subject', id);
  await recordAudit(trx, {
    ...actor,
    eventType: 'user_changed',
    subject: user.username,
    properties: { change: sayChange(before, wanted) },
    before: { ...before },
    after: { ...wanted },
  });
}

/** For the sentence of the audit log: `activated and made staff`. */
function sayChange(before: Rights, after: Rights): string {
  const changes: string[] = [];
  if (before.is_active !== after.is_active) changes.push(after.is_active ? 'activated' : 'deactivated');
  if (before.is_staff !== after.is_staff) changes.push(after.is_staff ? 'made staff' : 'taken off the staff');
  return changes.join(' and ');
}

async function getUser(db: Queryable, username: string): Promise<UserRow> {
  const user = await createUserRepository(db).find(username);
  if (user) return user;
  throw new PlatformError('NOT_FOUND', `User ${username} was not found`, {
    hint: 'Names are told apart by case; administrators see all of them: racetrack user list.',
  });
}

function presentUser(user: UserRow): UserDto {
  return {
    username: user.username,
    email: user.email,
    is_active: user.is_active === 1,
    is_staff: user.is_staff === 1,
    create_time: Math.floor(user.created_at / 1_000),
    last_login_time: user.last_login_at === null ? null : Math.floor(user.last_login_at / 1_000),
  };
}
