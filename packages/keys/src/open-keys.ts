import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { findKey, keyPath } from './find-key.ts';
import { createKeyFile, ensureKeyDirectory } from './key-file.ts';
import { AUTH_KEY, checkValue, SECRETS_KEY, type KeyKind } from './key-kind.ts';
import { finishReplacement } from './replace-key.ts';
import { TUTORIAL_AUTH_KEY } from './tutorial-key.ts';

export interface Keys {
  /** Signs tokens: the text itself, as Racetrack 2.36 uses it. */
  readonly authKey: string;
  /** Seals secrets at rest: 32 bytes, hexadecimal. */
  readonly secretsKey: string;
}

/** Where the store keeps the check values of its keys. */
export interface KeyChecks {
  find(name: string): Promise<string | undefined>;
  /** The first value stays, whoever comes second. */
  insertOnce(name: string, value: string): Promise<void>;
}

/** Where keys come from. */
export interface KeySources {
  readonly dataDir: string;
  /** Keys given from outside; then no file is written for them, and one that is there has to agree. */
  readonly env?: { readonly authKey?: string | undefined; readonly secretsKey?: string | undefined };
}

export interface OpenKeysOptions extends KeySources {
  readonly meta: KeyChecks;
  /** Whether the well-known key of the tutorial is wanted, which is refused otherwise. */
  readonly tutorial?: boolean;
}

/**
 * Finds the keys of this store, in the environment or in `DATA_DIR/keys`, and makes them for a new store.
 *
 * The store keeps a check value of each key, so that a store is never opened with a key that is not its own, and a lost
 * key is never replaced in silence: everything sealed or signed with it would be lost with it.
 *
 * @throws PlatformError `KEY_MISMATCH` when a key is missing or wrong beside a store that has been in use, or when file
 *   and environment disagree.
 * @throws PlatformError `CONFIG_INVALID` when a key is malformed, or its file open to others.
 */
export async function openKeys(options: OpenKeysOptions): Promise<Keys> {
  const { env = {}, tutorial = false } = options;
  const auth = tutorial ? { ...AUTH_KEY, create: () => TUTORIAL_AUTH_KEY } : AUTH_KEY;
  await ensureKeyDirectory(join(options.dataDir, 'keys'));
  const keys = {
    authKey: await openKey(options, auth, env.authKey),
    secretsKey: await openKey(options, SECRETS_KEY, env.secretsKey),
  };
  refuseMixedTutorial(keys.authKey, tutorial);
  await options.meta.insertOnce(AUTH_KEY.checkName, checkValue(AUTH_KEY, keys.authKey));
  await options.meta.insertOnce(SECRETS_KEY.checkName, checkValue(SECRETS_KEY, keys.secretsKey));
  // Another process may have started on the same new store with keys of its own: the first one's are the store's.
  await openKey(options, auth, env.authKey);
  await openKey(options, SECRETS_KEY, env.secretsKey);
  return keys;
}

async function openKey(
  { dataDir, meta }: OpenKeysOptions,
  kind: KeyKind,
  given: string | undefined,
): Promise<string> {
  const expected = await meta.find(kind.checkName);
  const found = await findKey(kind, { dataDir, given, expected });
  await finishReplacement(kind, dataDir, expected);
  return found ?? (await createKeyFile(keyPath(dataDir, kind), kind.create()));
}

function refuseMixedTutorial(authKey: string, tutorial: boolean): void {
  const isTutorialKey = authKey === TUTORIAL_AUTH_KEY;
  if (isTutorialKey === tutorial) return;
  throw isTutorialKey
    ? new PlatformError(
        'KEY_MISMATCH',
        'the auth key of this data directory is the published one of the tutorial',
        {
          hint: 'Start with --tutorial, or with another data directory; everybody can sign tokens with this key.',
        },
      )
    : new PlatformError(
        'KEY_MISMATCH',
        'the tutorial needs its own auth key, and this data directory has another',
        {
          hint: 'Start the tutorial with an empty data directory, and without RACETRACK_AUTH_KEY.',
        },
      );
}
