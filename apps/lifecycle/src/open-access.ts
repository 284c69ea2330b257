import type { MetaRepository, Store } from '@racetrack-platform/db';
import { openKeys } from '@racetrack-platform/keys';
import { createAuthenticator, type Authenticator } from './auth/authenticate.ts';
import { createTokenService, type TokenService } from './auth/token-service.ts';
import type { Config } from './config.ts';
import { createKeyRing, type KeyRing } from './keys/key-ring.ts';
import type { Sealer } from './keys/sealer.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { createAccountService, type AccountService } from './users/account-service.ts';
import { ensureFirstAdmin, type FirstAdmin } from './users/first-admin.ts';
import { createLoginThrottle } from './users/login-throttle.ts';

/** Everything about who may come in. */
export interface Access {
  readonly keys: KeyRing;
  readonly secretsKey: string;
  readonly sealer: Sealer;
  readonly tokens: TokenService;
  readonly authenticator: Authenticator;
  readonly accounts: AccountService;
}

export interface OpenAccessOptions {
  readonly config: Config;
  readonly store: Store;
  readonly meta: MetaRepository;
  readonly metrics: Metrics;
}

/** Opens the keys. */
export async function openAccess(options: OpenAccessOptions): Promise<Access> {
  const { config, store } = options;
  const opened = await openKeys({
    dataDir: config.dataDir,
    meta: options.meta,
    env: { authKey: config.authKey, secretsKey: config.secretsKey },
    tutorial: config.tutorial,
  });
  const keys = createKeyRing(opened);
  const { sealer } = keys;
  const tokens = createTokenService(keys);
  return {
    keys,
    get secretsKey() {
      return keys.secretsKey;
    },
    sealer,
    tokens,
    authenticator: createAuthenticator({
      db: store.db,
      get acceptedAuthKeys() {
        return keys.acceptedAuthKeys;
      },
    }),
    accounts: createAccountService({
      store,
      tokens,
      throttle: createLoginThrottle(),
      onLoginFailed: () => options.metrics.failedLogins.inc(),
    }),
  };
}

/**
 * Makes the first administrator of an empty store, and tells the user how to come in. To be called when the ports are
 * taken: a password that is shown once must not be lost with a start that fails.
 */
export async function welcomeAdmin(
  deps: { readonly store: Store; readonly tokens: TokenService },
  config: Pick<Config, 'adminPassword' | 'tutorial'>,
  notice: (text: string) => void,
): Promise<void> {
  const wanted = { password: config.adminPassword, tutorial: config.tutorial };
  announceAdmin(await ensureFirstAdmin(deps, wanted), notice);
}

function announceAdmin(admin: FirstAdmin, notice: (text: string) => void): void {
  if (admin.generatedPassword !== undefined) {
    notice(`The first account is admin with the password ${admin.generatedPassword} (shown this once).`);
  }
  if (admin.weaknesses.length > 0) {
    notice(
      `RACETRACK_ADMIN_PASSWORD is weak: ${admin.weaknesses.join(' ')} Change it before others can reach this server.`,
    );
  }
}
