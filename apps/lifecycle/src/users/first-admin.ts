import { createUserRepository, type Store } from '@racetrack-platform/db';
import type { TokenService } from '../auth/token-service.ts';
import { createAccount } from './account-service.ts';
import { generatePassword } from './generate-password.ts';
import { hashPassword } from './password-hash.ts';
import { listPasswordWeaknesses } from './password-rules.ts';

const ADMIN = 'admin';

/** Seed of the tutorial's published token; with the tutorial's key it gives exactly that token. */
const TUTORIAL_SEED = 'ce081b05-a4a0-414a-8f6a-84c0231916a6';

export interface FirstAdmin {
  /** False: there were accounts already, and nothing was changed, whatever the settings say. */
  readonly isNew: boolean;
  /** To be shown once; only when no password was given. It is kept as a hash alone. */
  readonly generatedPassword?: string;
  /** What is wrong with the password that was given; empty when nothing is. */
  readonly weaknesses: readonly string[];
}

/**
 * Makes the account `admin`, staff, with full access, when there is no account at all.
 *
 * @param options - `password`: of the administrator, generated when absent; `tutorial`: the published password and
 *   token instead, for which the store has to be opened with the tutorial's key.
 */
export async function ensureFirstAdmin(
  deps: { store: Store; tokens: TokenService },
  options: { password?: string | undefined; tutorial: boolean },
): Promise<FirstAdmin> {
  if (await createUserRepository(deps.store.db).exists()) return { isNew: false, weaknesses: [] };
  const generated = generatePassword();
  const password = options.tutorial ? ADMIN : (options.password ?? generated);
  const passwordHash = await hashPassword(password);
  const { result: isNew } = await deps.store.transaction(async (trx) => {
    // Another control process may start on the same empty store at this very moment.
    if (await createUserRepository(trx.db).exists()) return false;
    await createAccount(deps.tokens, trx, {
      username: ADMIN,
      passwordHash,
      isActive: true,
      isStaff: true,
      scopes: ['full_access'],
      ...(options.tutorial ? { tokenSeed: TUTORIAL_SEED } : {}),
    });
    return true;
  });
  if (!isNew) return { isNew, weaknesses: [] };
  if (password === generated) return { isNew: true, generatedPassword: generated, weaknesses: [] };
  return { isNew: true, weaknesses: options.tutorial ? [] : listPasswordWeaknesses(password) };
}
