import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '@racetrack-platform/contracts';
import { createSubjectRepository, openStore, type Store } from '@racetrack-platform/db';
import { createSealer } from '../keys/sealer.ts';
import { TUTORIAL_AUTH_KEY } from '@racetrack-platform/keys';
import { createAccountService, createAccount, type AccountService } from '../users/account-service.ts';
import { createUserAdministration, type UserAdministration } from '../users/administer-users.ts';
import { createLoginThrottle } from '../users/login-throttle.ts';
import { hashPassword } from '../users/password-hash.ts';
import { createAuthenticator, type Authenticator } from './authenticate.ts';
import { createTokenService, type TokenService } from './token-service.ts';

/** Accounts on a real store in a temporary directory, for tests. */
export interface TestAccess {
  readonly store: Store;
  readonly tokens: TokenService;
  readonly authenticator: Authenticator;
  readonly accounts: AccountService;
  readonly users: UserAdministration;
  /** Moves the clock of tokens and throttle. */
  readonly clock: { nowMs: number };
  /** Makes an active user, whose password is {@link TEST_PASSWORD}, and answers the token. */
  addUser(username: string, scopes?: readonly Scope[], options?: { isStaff?: boolean }): Promise<string>;
  /** As an administrator does. */
  setActive(username: string, isActive: boolean): Promise<void>;
  subjectIdOf(username: string): Promise<string>;
  close(): Promise<void>;
}

export const TEST_PASSWORD = 'wombat lantern 7';

/** Made once per test file: it takes its time. */
let testPasswordHash: Promise<string> | undefined;

/**
 * @param options - `nowMs`: where the clock stands at first; `attempts`: failed sign-ins of one account from one address
 *   that are borne, few so that tests are quick; `postgresUrl`: of an empty database to use instead of a file.
 */
export async function openTestAccess(
  options: { nowMs?: number; attempts?: number; postgresUrl?: string } = {},
): Promise<TestAccess> {
  const directory = await mkdtemp(join(tmpdir(), 'racetrack-access-'));
  const { postgresUrl: url } = options;
  const store = await openStore(
    url === undefined ? { kind: 'sqlite', path: join(directory, 'racetrack.db') } : { kind: 'postgres', url },
  );
  const clock = { nowMs: options.nowMs ?? Date.now() };
  const nowOf = () => clock.nowMs;
  const sealer = createSealer('07'.repeat(32));
  const tokens = createTokenService({ authKey: TUTORIAL_AUTH_KEY, sealer, now: nowOf });
  const throttle = createLoginThrottle({ now: nowOf, limits: { perPair: options.attempts ?? 10 } });
  const accounts = createAccountService({ store, tokens, throttle, now: nowOf });
  const users = createUserAdministration({ store });
  return {
    store,
    tokens,
    accounts,
    users,
    clock,
    authenticator: createAuthenticator({
      db: store.db,
      acceptedAuthKeys: [TUTORIAL_AUTH_KEY],
      now: nowOf,
    }),
    async addUser(username, scopes = [], { isStaff = false } = {}) {
      testPasswordHash ??= hashPassword(TEST_PASSWORD);
      const passwordHash = await testPasswordHash;
      const account = { username, passwordHash, scopes, isActive: true, isStaff };
      await store.transaction(async (trx) => await createAccount(tokens, trx, account));
      return (await accounts.getProfile(username)).token;
    },
    async setActive(username, isActive) {
      await users.change(username, { is_active: isActive }, { executor: 'admin' });
    },
    async subjectIdOf(username) {
      const subject = await createSubjectRepository(store.db).findByUsername(username);
      return subject?.id ?? '';
    },
    async close() {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}
