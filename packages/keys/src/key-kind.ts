import { createHmac, randomBytes } from 'node:crypto';

/** One of the two keys of a store. */
export interface KeyKind {
  readonly name: 'auth' | 'secrets';
  /** The environment variable that may hold it instead of the file. */
  readonly variable: string;
  /** Where its check value is among the facts about the store. */
  readonly checkName: string;
  readonly pattern: RegExp;
  /** What {@link KeyKind.pattern} means, for people. */
  readonly rule: string;
  create(): string;
}

export const AUTH_KEY: KeyKind = {
  name: 'auth',
  variable: 'RACETRACK_AUTH_KEY',
  checkName: 'auth_key_check',
  pattern: /^[\x21-\x7e]{16,1024}$/,
  rule: 'at least 16 printable characters without spaces',
  create: () => randomBytes(32).toString('base64url'),
};

export const SECRETS_KEY: KeyKind = {
  name: 'secrets',
  variable: 'RACETRACK_SECRETS_KEY',
  checkName: 'secrets_key_check',
  pattern: /^[0-9a-f]{64}$/,
  rule: '32 bytes in hexadecimal: 64 lower-case digits',
  create: () => randomBytes(32).toString('hex'),
};

/** Tells keys apart without giving anything of them away. */
export function checkValue(kind: KeyKind, key: string): string {
  return createHmac('sha256', key).update(`racetrack check value of the ${kind.name} key`).digest('hex');
}
