import { PlatformError } from '@racetrack-platform/errors';
import type { Keys } from '@racetrack-platform/keys';
import { createSealer, type Sealer } from './sealer.ts';

/** What is replaced: the key that signs tokens, or the one that seals secrets in the store. */
export type KeyName = 'auth' | 'secrets';

/**
 * The keys of this process, which may be replaced while it runs.
 *
 * What is signed or sealed is always made with the key of the store. So nothing is made while it is not known which one
 * that is: from {@link KeyRing.suspend}, inside the transaction that changes over, until {@link KeyRing.settle}.
 */
export interface KeyRing {
  /**
   * Signs.
   *
   * @throws PlatformError `STORE_UNAVAILABLE` while it is being replaced; `KEY_MISMATCH` when another process has
   *   replaced it.
   */
  readonly authKey: string;
  /** Accepted in signatures, the newest first: that a token is known to the store is decided elsewhere. */
  readonly acceptedAuthKeys: readonly string[];
  readonly secretsKey: string;
  /** Seals with the key in force, and opens what was sealed with it or its predecessors in this process's life. */
  readonly sealer: Sealer;
  /** The keys that were in force last, also while one is being replaced. */
  current(): Keys;
  /** Makes nothing with this key until it is settled; what was made with either can be read. */
  suspend(name: KeyName, next: string): void;
  /** This is the key of the store. */
  settle(name: KeyName, key: string): void;
  /** Somebody else replaced this key: this process makes nothing with it any more. @returns false when that was known. */
  retire(name: KeyName): boolean;
}

type State = 'in force' | 'being replaced' | 'replaced by others';

export function createKeyRing(initial: Keys): KeyRing {
  const keys = { auth: [initial.authKey], secrets: [initial.secretsKey] };
  const inForce = { auth: initial.authKey, secrets: initial.secretsKey };
  const state: Record<KeyName, State> = { auth: 'in force', secrets: 'in force' };
  const sealers = new Map<string, Sealer>();

  const sealerOf = (key: string): Sealer => {
    const sealer = sealers.get(key) ?? createSealer(key);
    sealers.set(key, sealer);
    return sealer;
  };
  const usable = (name: KeyName): string => {
    if (state[name] !== 'in force') throw explain(name, state[name]);
    return inForce[name];
  };
  return {
    get authKey() {
      return usable('auth');
    },
    get acceptedAuthKeys() {
      return keys.auth;
    },
    get secretsKey() {
      return inForce.secrets;
    },
    sealer: {
      seal: (text, bound) => sealerOf(usable('secrets')).seal(text, bound),
      open: (sealed, bound) => openWithAny(keys.secrets.map(sealerOf), sealed, bound),
    },
    current: () => ({ authKey: inForce.auth, secretsKey: inForce.secrets }),

    suspend(name, next) {
      state[name] = 'being replaced';
      keys[name].unshift(next);
    },

    settle(name, key) {
      inForce[name] = key;
      // Deployments under way hold texts that were sealed with the former one; signatures are of the store's tokens alone.
      keys[name] = name === 'auth' ? [key] : [key, ...keys[name].filter((other) => other !== key)];
      state[name] = 'in force';
    },

    retire(name) {
      if (state[name] !== 'in force') return false;
      state[name] = 'replaced by others';
      return true;
    },
  };
}

/** A text names its key, so that at most one of them opens it. */
function openWithAny(sealers: readonly Sealer[], sealed: string, bound: string): string {
  let mismatch: unknown;
  for (const sealer of sealers) {
    try {
      return sealer.open(sealed, bound);
    } catch (error) {
      if (!PlatformError.is(error) || error.code !== 'KEY_MISMATCH') throw error;
      mismatch ??= error;
    }
  }
  throw mismatch;
}

function explain(name: KeyName, state: State): PlatformError {
  return state === 'being replaced'
    ? new PlatformError('STORE_UNAVAILABLE', `the ${name} key is being replaced`, {
        hint: 'Try again in a moment.',
      })
    : new PlatformError('KEY_MISMATCH', `the ${name} key was replaced by another server on this store`, {
        hint: `Stop this server, take keys/${name}.key over from the data directory where it was replaced, and start again.`,
      });
}
