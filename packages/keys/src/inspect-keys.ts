import { PlatformError } from '@racetrack-platform/errors';
import { findKey } from './find-key.ts';
import { AUTH_KEY, SECRETS_KEY } from './key-kind.ts';
import type { KeySources } from './open-keys.ts';

/** How one key stands. `new`: there is none yet, and none is needed yet. */
export type KeyReport = { readonly name: 'auth' | 'secrets' } & (
  | { readonly state: 'fits' | 'new' }
  | { readonly state: 'refused'; readonly error: PlatformError }
);

/**
 * Says whether a server could start with the keys as they are, changing nothing.
 *
 * @param sources - where keys come from.
 * @param facts - the facts about the store, by name; empty for a store that does not exist yet.
 */
export async function inspectKeys(
  sources: KeySources,
  facts: ReadonlyMap<string, string>,
): Promise<KeyReport[]> {
  const { dataDir, env = {} } = sources;
  const givens = [
    [AUTH_KEY, env.authKey],
    [SECRETS_KEY, env.secretsKey],
  ] as const;
  return await Promise.all(
    givens.map(async ([kind, given]): Promise<KeyReport> => {
      try {
        const found = await findKey(kind, { dataDir, given, expected: facts.get(kind.checkName) });
        return { name: kind.name, state: found === undefined ? 'new' : 'fits' };
      } catch (error) {
        if (!PlatformError.is(error)) throw error;
        return { name: kind.name, state: 'refused', error };
      }
    }),
  );
}
