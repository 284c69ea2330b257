import { stat } from 'node:fs/promises';
import { keyPath } from './find-key.ts';
import { AUTH_KEY, checkValue, SECRETS_KEY, type KeyKind } from './key-kind.ts';
import type { KeyChecks, KeySources } from './open-keys.ts';

/** Where a key comes from, without the key. */
export interface KeyDescription {
  readonly source: 'file' | 'environment';
  /** When its file was made, in milliseconds since the epoch; null when nobody here knows. */
  readonly madeAt: number | null;
}

/** Tells people which key it is, and gives nothing of it away: 16 hexadecimal digits. */
export function fingerprintOf(name: 'auth' | 'secrets', key: string): string {
  return checkValue(kindOf(name), key).slice(0, 16);
}

/** Whether this is the key that the store has now. */
export async function isKeyOfStore(
  meta: Pick<KeyChecks, 'find'>,
  name: 'auth' | 'secrets',
  key: string,
): Promise<boolean> {
  const kind = kindOf(name);
  return (await meta.find(kind.checkName)) === checkValue(kind, key);
}

/** Says where a key in force comes from, and since when. */
export async function describeKey(
  { dataDir, env = {} }: KeySources,
  name: 'auth' | 'secrets',
): Promise<KeyDescription> {
  if ((name === 'auth' ? env.authKey : env.secretsKey) !== undefined)
    return { source: 'environment', madeAt: null };
  const file = await stat(keyPath(dataDir, kindOf(name))).catch(() => undefined);
  return { source: 'file', madeAt: file === undefined ? null : Math.floor(file.mtimeMs) };
}

function kindOf(name: 'auth' | 'secrets'): KeyKind {
  return name === 'auth' ? AUTH_KEY : SECRETS_KEY;
}
