import type { Store, StoreTransaction, UserRow } from '@racetrack-platform/db';
import { recordAudit } from '../audit/record-audit.ts';

/** Of refused attempts on one account, so many milliseconds apart one is written down. */
const QUIET_MS = 60_000;

/** What attempts on names that nobody has are counted as, all together: a name typed wrongly may be a password. */
const NOBODY = '(unknown)';

export interface SignInAudit {
  noteSignIn(trx: StoreTransaction, user: UserRow, address: string): Promise<void>;
  /** @param user - left out: nobody has the name that was given. */
  noteRefusal(user: UserRow | undefined, address: string, reason: string): Promise<void>;
}

/**
 * Writes down who came in and who was turned away. Refusals cost whoever causes them nothing, so there is at most one
 * entry per account and minute, in each control process.
 */
export function createSignInAudit(deps: { readonly store: Store; readonly now: () => number }): SignInAudit {
  const { store, now } = deps;
  const notedAt = new Map<string, number>();

  function isQuiet(account: string): boolean {
    const last = notedAt.get(account);
    if (last !== undefined && now() - last < QUIET_MS) return true;
    for (const [key, at] of notedAt) if (now() - at >= QUIET_MS) notedAt.delete(key);
    notedAt.set(account, now());
    return false;
  }

  return {
    async noteSignIn(trx, user, address) {
      await recordAudit(trx, {
        eventType: 'signed_in',
        executor: user.username,
        subject: user.username,
        address,
      });
    },

    async noteRefusal(user, address, reason) {
      if (isQuiet(user?.id ?? NOBODY)) return;
      await store.transaction(async (trx) => {
        await recordAudit(trx, {
          eventType: 'sign_in_refused',
          executor: null,
          subject: user?.username ?? null,
          address,
          properties: { reason },
        });
      });
    },
  };
}
