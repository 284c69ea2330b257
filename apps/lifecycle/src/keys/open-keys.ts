import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { MetaRepository } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { createKeyFile, ensureKeyDirectory, readKeyFile } from './key-file.ts';
import { TUTORIAL_AUTH_KEY } from './tutorial-key.ts';

export interface Keys {
  /** Signs tokens: the text itself, as Racetrack 2.36 uses it. */
  readonly authKey: string;
  /** Seals secrets at rest: 32 bytes, hexadecimal. */
  readonly secretsKey: string;
}

export interface OpenKeysOptions {
  readonly dataDir: string;
  readonly meta: MetaRepository;
  /** Keys given from outside; then no file is read or written for them. */
  readonly env?: { readonly authKey?: string | undefined; readonly secretsKey?: string | undefined };
  /** Whether the well-known key of the tutorial is wanted, which is refused otherwise. */
  readonly tutorial?: boolean;
}

interface KeyKind {
  readonly name: string;
  readonly variable: string;
  readonly pattern: RegExp;
  readonly rule: string;
  create(): string;
}

const AUTH_KEY: KeyKind = {
  name: 'auth',
  variable: 'RACETRACK_AUTH_KEY',
  pattern: /^[\x21-\x7e]{16,1024}$/,
  rule: 'at least 16 printable characters without spaces',
  create: () => randomBytes(32).toString('base64url'),
};

const SECRETS_KEY: KeyKind = {
  name: 'secrets',
  variable: 'RACETRACK_SECRETS_KEY',
  pattern: /^[0-9a-f]{64}$/,
  rule: '32 bytes in hexadecimal: 64 lower-case digits',
  create: () => randomBytes(32).toString('hex'),
};

/**
 * Finds the keys of this store, in the environment or in `DATA_DIR/keys`, and makes them for a new store.
 *
 * The store keeps a check value of each key, so that a store is never opened with a key that is not its own, and a lost
 * key is never replaced in silence: everything sealed or signed with it would be lost with it.
 *
 * @throws PlatformError `KEY_MISMATCH` when a key is missing or wrong beside a store that has been in use.
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
  await options.meta.insertOnce(checkName(AUTH_KEY), checkValue(AUTH_KEY, keys.authKey));
  await options.meta.insertOnce(checkName(SECRETS_KEY), checkValue(SECRETS_KEY, keys.secretsKey));
  return keys;
}

async function openKey(options: OpenKeysOptions, kind: KeyKind, given: string | undefined): Promise<string> {
  const path = join(options.dataDir, 'keys', `${kind.name}.key`);
  const expected = await options.meta.find(checkName(kind));
  const source = given === undefined ? path : kind.variable;
  const found = given?.trim() ?? (await readKeyFile(path));
  if (found === undefined) {
    if (expected !== undefined) throw mismatch(`the key ${path} of this store is missing`, kind);
    return await createKeyFile(path, kind.create());
  }
  if (expected !== undefined && checkValue(kind, found) !== expected) {
    throw mismatch(`the key in ${source} is not the key of this store`, kind);
  }
  if (!kind.pattern.test(found)) {
    throw new PlatformError('CONFIG_INVALID', `the key in ${source} has to be ${kind.rule}`);
  }
  return found;
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

function mismatch(message: string, kind: KeyKind): PlatformError {
  return new PlatformError('KEY_MISMATCH', message, {
    hint: `Restore the file from a backup, or pass the key in ${kind.variable}. Without it the store cannot be used.`,
  });
}

function checkName(kind: KeyKind): string {
  return `${kind.name}_key_check`;
}

/** Tells keys apart without giving anything of them away. */
function checkValue(kind: KeyKind, key: string): string {
  return createHmac('sha256', key).update(`racetrack check value of the ${kind.name} key`).digest('hex');
}
