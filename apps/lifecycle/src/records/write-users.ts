import { z } from 'zod';
import { DEFAULT_USER_SCOPES } from '@racetrack-platform/contracts';
import {
  createRecordChanges,
  createSubjectRepository,
  createTokenRepository,
  createUserRepository,
  toFlag,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { recordAudit } from '../audit/record-audit.ts';
import { actorOf, type Actor } from '../auth/actor.ts';
import type { TokenService } from '../auth/token-service.ts';
import { createAccount } from '../users/account-service.ts';
import { createUserAdministration } from '../users/administer-users.ts';
import { requireOtherAdministrator } from '../users/last-administrator.ts';
import { hashPassword } from '../users/password-hash.ts';
import { requireGoodPassword } from '../users/password-rules.ts';
import { readFields, textOf, type RecordEditor, type RecordWriter } from './record-writer.ts';
import { requireNoDeployment } from './require-no-deployment.ts';

export interface UserWriterDeps {
  readonly store: Store;
  readonly tokens: TokenService;
}

const name = z
  .string()
  .max(150)
  .regex(/^\P{Cc}*$/u);
const details = {
  email: z
    .string()
    .max(254)
    .regex(/^\P{Cc}*$/u)
    .optional(),
  first_name: name.optional(),
  last_name: name.optional(),
  is_superuser: z.boolean().optional(),
};
const rights = { is_active: z.boolean().optional(), is_staff: z.boolean().optional() };
const created = z.strictObject({
  username: z.string().regex(/^[\w.+@-]{1,150}$/),
  password: z.string(),
  ...details,
  ...rights,
});
const changed = z.strictObject({ password: z.string().optional(), ...details, ...rights });
type Details = Pick<z.output<typeof changed>, keyof typeof details>;

/** Accounts: made with subject, token and default permissions; passwords are stored as hashes. */
export function createUserWriter({ store, tokens }: UserWriterDeps): RecordWriter {
  return {
    hint: 'Names stay as they are: tokens and the audit log refer to them.',

    async create(fields, editor) {
      const { username, password, is_active, is_staff, ...more } = readFields(created, fields);
      requireGoodPassword(password);
      const passwordHash = await hashPassword(password);
      await store.transaction(async (trx) => {
        const isActive = is_active ?? false;
        const isStaff = is_staff ?? false;
        const account = { username, passwordHash, isActive, isStaff, scopes: DEFAULT_USER_SCOPES };
        await createAccount(tokens, trx, account);
        await setDetails(trx, username, more);
        await recordAudit(trx, {
          ...actorBy(editor),
          eventType: 'record_created',
          subject: username,
          properties: { table: 'auth_user', id: username },
          after: { is_active: isActive, is_staff: isStaff, ...more },
        });
      });
      const user = await createUserRepository(store.db).find(username);
      return String(user?.number ?? '');
    },

    async update(record, fields, editor) {
      const { password, is_active, is_staff, ...more } = readFields(changed, fields);
      const username = textOf(record, 'username');
      if (password !== undefined) requireGoodPassword(password);
      const passwordHash = password === undefined ? undefined : await hashPassword(password);
      await store.transaction(async (trx) => {
        await changeDetails(trx, username, more, actorBy(editor));
        if (passwordHash !== undefined) await replacePassword(trx, username, passwordHash, actorBy(editor));
      });
      if (is_active === undefined && is_staff === undefined) return;
      await createUserAdministration({ store }).change(username, { is_active, is_staff }, actorBy(editor));
    },

    async delete(record, editor) {
      const username = textOf(record, 'username');
      await store.transaction(async (trx) => {
        const user = await createUserRepository(trx.db).find(username);
        if (user === undefined) return;
        if (user.is_active === 1 && user.is_staff === 1) await requireOtherAdministrator(trx.db, user.id);
        const subject = await createSubjectRepository(trx.db).findByUsername(username);
        await requireNoDeployment(trx.db, `the user ${username}`, { subjectId: subject?.id });
        if (subject !== undefined) await forgetSubject(trx, subject.id);
        await createRecordChanges(trx.db).deleteUser(username);
        await recordAudit(trx, {
          ...actorBy(editor),
          eventType: 'record_deleted',
          subject: username,
          properties: { table: 'auth_user', id: username },
        });
      });
    },
  };
}

/** Tells pub that a subject is gone with its tokens, before the rows go. */
async function forgetSubject(trx: StoreTransaction, subjectId: string): Promise<void> {
  for (const { hash } of await createTokenRepository(trx.db).listOfSubject(subjectId)) {
    trx.feedChanged('token', hash);
  }
  trx.feedChanged('subject', subjectId);
}

async function changeDetails(
  trx: StoreTransaction,
  username: string,
  change: Details,
  actor: Actor,
): Promise<void> {
  if (Object.keys(change).length === 0) return;
  await setDetails(trx, username, change);
  await recordAudit(trx, { ...actor, eventType: 'user_changed', subject: username, after: { ...change } });
}

async function setDetails(trx: StoreTransaction, username: string, change: Details): Promise<void> {
  const { is_superuser, ...texts } = change;
  if (Object.keys(change).length === 0) return;
  const flag = is_superuser === undefined ? {} : { is_superuser: toFlag(is_superuser) };
  await createRecordChanges(trx.db).changeUser(username, { ...texts, ...flag });
}

/** Whoever knew the password before may hold tokens, too: they end with it. */
async function replacePassword(
  trx: StoreTransaction,
  username: string,
  passwordHash: string,
  actor: Actor,
): Promise<void> {
  const users = createUserRepository(trx.db);
  const user = await users.find(username);
  const subject = await createSubjectRepository(trx.db).findByUsername(username);
  if (user === undefined) return;
  await users.setPasswordHash(user.id, passwordHash);
  const hashes = subject === undefined ? [] : await createTokenRepository(trx.db).deactivateAll(subject.id);
  for (const hash of hashes) trx.feedChanged('token', hash);
  await recordAudit(trx, {
    ...actor,
    eventType: 'password_reset',
    subject: username,
    properties: { revoked_tokens: hashes.length },
  });
}

function actorBy({ subject, address }: RecordEditor): Actor {
  return actorOf(subject, address);
}
