import { randomUUID } from 'node:crypto';
import { DEFAULT_USER_SCOPES, type Scope, type UserProfileDto } from '@racetrack-platform/contracts';
import {
  createSubjectRepository,
  createUserRepository,
  type Store,
  type StoreTransaction,
  type UserRow,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { grantPermission } from '../auth/grant-permission.ts';
import type { TokenService } from '../auth/token-service.ts';
import { recordAudit } from '../audit/record-audit.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { hashPassword, verifyPassword } from './password-hash.ts';
import { requireGoodPassword } from './password-rules.ts';
import { createSignInAudit } from './sign-in-audit.ts';

export interface AccountServiceDeps {
  readonly store: Store;
  readonly tokens: TokenService;
  readonly throttle: LoginThrottle;
  /** Called for every sign-in that was refused. */
  readonly onLoginFailed?: () => void;
  readonly now?: () => number;
}

export interface AccountService {
  /**
   * @param address - where the attempt comes from: guessing is throttled by account and address.
   * @throws PlatformError `NOT_AUTHENTICATED` for a wrong name or password, or an inactive account, all alike.
   * @throws PlatformError `TOO_MANY_ATTEMPTS` after too many failures.
   */
  login(username: string, password: string, address: string): Promise<UserProfileDto>;
  /** The profile of somebody who is known already. */
  getProfile(username: string): Promise<UserProfileDto>;
  /** Makes an account that an administrator has to activate. Throttled by address. */
  register(username: string, password: string, address: string): Promise<void>;
  /** Tokens go on working: whoever thinks that one is known to others replaces their texts. */
  changePassword(username: string, change: { old: string; new: string }, address: string): Promise<void>;
}

/** What people do with their accounts. */
export function createAccountService(deps: AccountServiceDeps): AccountService {
  const { store, tokens, throttle, now = Date.now } = deps;
  const audit = createSignInAudit({ store, now });
  const users = createUserRepository(store.db);

  async function login(username: string, password: string, address: string): Promise<UserProfileDto> {
    const succeed = throttle.begin(username, address);
    const user = await users.find(username);
    const { isCorrect, isOutdated } = await verifyPassword(password, user?.password_hash);
    if (user === undefined || !isCorrect || user.is_active === 0) {
      await audit.noteRefusal(user, address, explainRefusal(user, isCorrect));
      throw refuseSignIn();
    }
    succeed();
    const rehashed = isOutdated ? await hashPassword(password) : user.password_hash;
    if (isOutdated) await users.replacePasswordHash(user.id, user.password_hash, rehashed);
    return await presentProfile(user, async (trx) => {
      await requireUnchanged(trx, user, [user.password_hash, rehashed]);
      await createUserRepository(trx.db).noteLogin(user.id, now());
      await audit.noteSignIn(trx, user, address);
    });
  }

  function refuseSignIn(): PlatformError {
    deps.onLoginFailed?.();
    return new PlatformError('NOT_AUTHENTICATED', 'incorrect username or password', {
      hint: 'Check both; a new account also has to be activated by an administrator.',
    });
  }

  /** Hashing takes a while: what was verified may be reset meanwhile, and must not open a session any more. */
  async function requireUnchanged(
    trx: StoreTransaction,
    { username }: UserRow,
    verified: readonly string[],
  ): Promise<void> {
    const current = await createUserRepository(trx.db).find(username);
    if (current === undefined || current.is_active === 0 || !verified.includes(current.password_hash)) {
      throw refuseSignIn();
    }
  }

  async function presentProfile(
    user: UserRow,
    note: (trx: StoreTransaction) => Promise<void> = async () => {},
  ): Promise<UserProfileDto> {
    const { result } = await store.transaction(async (trx) => {
      await note(trx);
      return await ensureUserToken(tokens, trx, user);
    });
    return { username: user.username, token: result, is_staff: user.is_staff === 1 };
  }

  async function getUser(username: string): Promise<UserRow> {
    const user = await users.find(username);
    if (user) return user;
    throw new PlatformError('NOT_FOUND', `User ${username} was not found`);
  }

  return {
    login,

    async getProfile(username) {
      return await presentProfile(await getUser(username));
    },

    async register(username, password, address) {
      requireRegistrable(username, password);
      throttle.begin(REGISTRATION, address);
      const passwordHash = await hashPassword(password);
      const account = {
        username,
        passwordHash,
        isActive: false,
        isStaff: false,
        scopes: DEFAULT_USER_SCOPES,
      };
      await store.transaction(async (trx) => {
        await createAccount(tokens, trx, account);
        await recordAudit(trx, {
          eventType: 'user_registered',
          executor: username,
          subject: username,
          address,
        });
      });
    },

    async changePassword(username, change, address) {
      requirePassword(change.new);
      const user = await getUser(username);
      const succeed = throttle.begin(username, address);
      const { isCorrect } = await verifyPassword(change.old, user.password_hash);
      if (!isCorrect) {
        deps.onLoginFailed?.();
        await audit.noteRefusal(user, address, 'wrong password, while changing it');
        throw new PlatformError('NOT_AUTHENTICATED', 'Passed password is incorrect.', {
          hint: 'Give the password that you sign in with now.',
        });
      }
      succeed();
      requireGoodPassword(change.new);
      const passwordHash = await hashPassword(change.new);
      await store.transaction(async (trx) => {
        await requireUnchanged(trx, user, [user.password_hash]);
        await createUserRepository(trx.db).setPasswordHash(user.id, passwordHash);
        await recordAudit(trx, {
          eventType: 'password_changed',
          executor: username,
          subject: username,
          address,
        });
      });
    },
  };
}

function explainRefusal(user: UserRow | undefined, isCorrect: boolean): string {
  if (user === undefined) return 'unknown name';
  return isCorrect ? 'the account is not active' : 'wrong password';
}

/** An account as it is first stored. */
export interface NewAccount {
  readonly username: string;
  readonly passwordHash: string;
  readonly isActive: boolean;
  readonly isStaff: boolean;
  /** Granted on everything. */
  readonly scopes: readonly Scope[];
  /** See `NewTokenOptions`. */
  readonly tokenSeed?: string;
}

/**
 * Stores an account with its subject, first token and grants.
 *
 * @throws PlatformError `ALREADY_EXISTS` when the name is taken, or one that differs in case alone.
 */
export async function createAccount(
  tokens: TokenService,
  trx: StoreTransaction,
  account: NewAccount,
): Promise<void> {
  const id = randomUUID();
  const users = createUserRepository(trx.db);
  // Names that differ in case alone would pass for one another.
  const isSimilar = await users.hasSimilarName(account.username);
  const isNew =
    !isSimilar &&
    (await users.insert({
      id,
      username: account.username,
      password_hash: account.passwordHash,
      is_active: account.isActive ? 1 : 0,
      is_staff: account.isStaff ? 1 : 0,
      created_at: Date.now(),
      last_login_at: null,
      email: account.username.includes('@') ? account.username : null,
    }));
  if (!isNew) {
    throw new PlatformError('ALREADY_EXISTS', `Username already exists: ${account.username}`, {
      hint: 'Sign in, or choose another name.',
    });
  }
  const subject = await createSubjectRepository(trx.db).ensureOfUser(id);
  trx.feedChanged('subject', subject.id);
  const owner = { subjectId: subject.id, kind: 'user', claim: account.username } as const;
  await tokens.createToken(trx, owner, account.tokenSeed === undefined ? {} : { seed: account.tokenSeed });
  for (const scope of account.scopes) await grantPermission(trx, { subjectId: subject.id, scope });
}

async function ensureUserToken(tokens: TokenService, trx: StoreTransaction, user: UserRow): Promise<string> {
  const { id, isNew } = await createSubjectRepository(trx.db).ensureOfUser(user.id);
  if (isNew) trx.feedChanged('subject', id);
  return await tokens.ensureSubjectToken(trx, { subjectId: id, kind: 'user', claim: user.username });
}

/** What registrations are throttled as; no account can have this name. */
const REGISTRATION = '(registration)';

/** Letters, digits and the signs of an address; no control characters, nothing that could pass for another name. */
const USERNAME = /^[\w.+@-]{1,150}$/;

function requireRegistrable(username: string, password: string): void {
  if (!username.includes('@') || !USERNAME.test(username)) {
    throw new PlatformError('BAD_REQUEST', 'You have to pass email as username', {
      hint: 'Take an e-mail address such as alice@example.com: at most 150 letters, digits and . _ + - @.',
    });
  }
  requirePassword(password);
  requireGoodPassword(password);
}

function requirePassword(password: string): void {
  if (password !== '') return;
  throw new PlatformError('BAD_REQUEST', 'Password cannot be empty', { hint: 'Give a password.' });
}
