import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Scope } from '@racetrack-platform/contracts';
import { createSubjectRepository, openSqliteStore, type Store } from '@racetrack-platform/db';
import { createSealer } from '../keys/sealer.ts';
import { TUTORIAL_AUTH_KEY } from '@racetrack-platform/keys';
import { createAccountService, createAccount, type AccountService } from '../users/account-service.ts';
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
  /** Moves the clock of tokens and throttle. */
  readonly clock: { nowMs: number };
  /** Makes an active user, whose password is {@link TEST_PASSWORD}, and answers the token. */
  addUser(username: string, scopes?: readonly Scope[], options?: { isStaff?: boolean }): Promise<string>;
  subjectIdOf(username: string): Promise<string>;
  close(): Promise<void>;
}

export const TEST_PASSWORD = 'wombat lantern 7';

/** Made once per test file: it takes its time. */
let testPasswordHash: Promise<string> | undefined;

/**
 * @param options - `nowMs`: where the clock stands at first; `attempts`: failed sign-ins of one account from one address
 *   that are borne, few so that tests are quick.
 */
export async function openTestAccess(
  options: { nowMs?: number; attempts?: number } = {},
): Promise<TestAccess> {
  const directory = await mkdtemp(join(tmpdir(), 'racetrack-access-'));
  const store = await openSqliteStore(join(directory, 'racetrack.db'));
  const clock = { nowMs: options.nowMs ?? Date.now() };
  const nowOf = () => clock.nowMs;
  const sealer = createSealer('07'.repeat(32));
  const tokens = createTokenService({ authKey: TUTORIAL_AUTH_KEY, sealer, now: nowOf });
  const throttle = createLoginThrottle({ now: nowOf, limits: { perPair: options.attempts ?? 10 } });
  const accounts = createAccountService({ store, tokens, throttle });
  return {
    store,
    tokens,
    accounts,
    clock,
    authenticator: createAuthenticator({ db: store.db, authKey: TUTORIAL_AUTH_KEY, now: nowOf }),
    async addUser(username, scopes = [], { isStaff = false } = {}) {
      testPasswordHash ??= hashPassword(TEST_PASSWORD);
      const passwordHash = await testPasswordHash;
      const account = { username, passwordHash, scopes, isActive: true, isStaff };
      await store.transaction(async (trx) => await createAccount(tokens, trx, account));
      return (await accounts.getProfile(username)).token;
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
