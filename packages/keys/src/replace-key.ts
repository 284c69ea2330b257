import { PlatformError } from '@racetrack-platform/errors';
import { findKey, findSuccessor, keyPath, nextKeyPath } from './find-key.ts';
import { createKeyFile, removeKeyFile, replaceKeyFile } from './key-file.ts';
import { AUTH_KEY, checkValue, SECRETS_KEY, type KeyKind } from './key-kind.ts';
import type { KeyChecks, Keys, KeySources } from './open-keys.ts';

/** A key's successor, made and safe on the disk, but not in force. */
export interface KeyReplacement {
  readonly key: string;
  /** The fact about the store that has to be replaced in the transaction that changes over to the new key. */
  readonly check: { readonly name: string; readonly value: string };
  /**
   * To be called after that transaction: the file of the key becomes the new one. If it never comes to this, the next
   * start does it.
   */
  finish(): Promise<void>;
}

/** Where the keys of a store in use are, and the facts about that store. */
interface ExistingKeys extends KeySources {
  readonly meta: Pick<KeyChecks, 'find'>;
}

/**
 * Reads the keys of a store that has been in use, whether they are those of the tutorial or not. Makes nothing.
 *
 * @throws PlatformError `KEY_MISMATCH`, `CONFIG_INVALID` as the start does.
 */
export async function readKeys(options: ExistingKeys): Promise<Keys> {
  const { env = {} } = options;
  return {
    authKey: await readKey(options, AUTH_KEY, env.authKey),
    secretsKey: await readKey(options, SECRETS_KEY, env.secretsKey),
  };
}

async function readKey(
  { dataDir, meta }: ExistingKeys,
  kind: KeyKind,
  given: string | undefined,
): Promise<string> {
  const found = await findKey(kind, { dataDir, given, expected: await meta.find(kind.checkName) });
  if (found !== undefined) return found;
  throw new PlatformError('KEY_MISMATCH', `this store has no ${kind.name} key yet`, {
    hint: 'Start the platform once: it makes the keys.',
  });
}

/**
 * Makes the successor of a key. Until the store has its check value, the former key stays the one of the store, and a
 * start ignores the successor.
 *
 * @param sources - with the former keys, which have to be in files: nobody can change an environment from inside.
 * @throws PlatformError `CONFIG_INVALID` when the former key comes from the environment.
 */
export async function prepareReplacement(
  { dataDir, env = {}, meta }: ExistingKeys,
  name: 'auth' | 'secrets',
): Promise<KeyReplacement> {
  const kind = name === 'auth' ? AUTH_KEY : SECRETS_KEY;
  const given = name === 'auth' ? env.authKey : env.secretsKey;
  const path = keyPath(dataDir, kind);
  if (given !== undefined) throw fromEnvironment(kind, path);
  const nextPath = nextKeyPath(dataDir, kind);
  await finishReplacement(kind, dataDir, await meta.find(kind.checkName));
  // What is left is of an attempt that came to nothing: had the store taken it, it would be the key by now.
  await removeKeyFile(nextPath);
  const key = await createKeyFile(nextPath, kind.create());
  return {
    key,
    check: { name: kind.checkName, value: checkValue(kind, key) },
    finish: async () => await replaceKeyFile(nextPath, path),
  };
}

/** When somebody replaced the key and came as far as the store, but no further, the file follows. */
export async function finishReplacement(
  kind: KeyKind,
  dataDir: string,
  expected: string | undefined,
): Promise<void> {
  if ((await findSuccessor(kind, { dataDir, expected })) === undefined) return;
  await replaceKeyFile(nextKeyPath(dataDir, kind), keyPath(dataDir, kind));
}

function fromEnvironment(kind: KeyKind, path: string): PlatformError {
  return new PlatformError('CONFIG_INVALID', `the ${kind.name} key is given in ${kind.variable}`, {
    hint:
      `Put it into ${path} with mode 0600, leave the variable out, and do this again; ` +
      `then pass the new key of that file in ${kind.variable}, if it has to be there.`,
  });
}
