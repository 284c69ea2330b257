import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt, type Hmac } from 'node:crypto';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { invalidBackup, SCRYPT, type WrappedKeys } from './backup-format.ts';

/** Texts of key files by their name below `keys/`. */
export type KeyFiles = Readonly<Record<string, string>>;

/** What a passphrase opens in one backup. */
export interface BackupSecrets {
  readonly wrapKey: Buffer;
  readonly macKey: Buffer;
}

type ScryptTerms = Pick<WrappedKeys, 'cost' | 'blockSize' | 'parallelization'>;

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const keyFilesSchema = z.record(
  z.string().regex(/^\w[\w.-]{0,63}$/),
  z.string().regex(/^[\x21-\x7e]{1,4095}\n?$/),
);

/**
 * Seals keys under a passphrase.
 *
 * @param boundTo - the header of the backup: keys open only together with it.
 * @param terms - what trying a passphrase costs.
 */
export async function wrapKeys(
  keys: KeyFiles,
  passphrase: string,
  boundTo: Buffer,
  terms: ScryptTerms = SCRYPT,
): Promise<{ readonly wrapped: WrappedKeys; readonly secrets: BackupSecrets }> {
  const salt = randomBytes(16);
  const nonce = randomBytes(NONCE_BYTES);
  const secrets = await derive(passphrase, salt, terms);
  const cipher = createCipheriv(ALGORITHM, secrets.wrapKey, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(boundTo);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(keys)), cipher.final(), cipher.getAuthTag()]);
  const wrapped: WrappedKeys = {
    kdf: 'scrypt',
    ...terms,
    salt: salt.toString('base64url'),
    nonce: nonce.toString('base64url'),
    sealed: sealed.toString('base64url'),
  };
  return { wrapped, secrets };
}

/**
 * Opens what {@link wrapKeys} sealed.
 *
 * @throws PlatformError `PASSPHRASE_WRONG`; it cannot be told from keys or a header that were altered.
 */
export async function unwrapKeys(
  wrapped: WrappedKeys,
  passphrase: string,
  boundTo: Buffer,
): Promise<{ readonly keys: KeyFiles; readonly secrets: BackupSecrets }> {
  const [salt, nonce, sealed] = [wrapped.salt, wrapped.nonce, wrapped.sealed].map((text) =>
    Buffer.from(text, 'base64url'),
  );
  if (
    salt === undefined ||
    nonce?.length !== NONCE_BYTES ||
    sealed === undefined ||
    sealed.length < TAG_BYTES
  ) {
    throw invalidBackup('its keys are damaged');
  }
  if ((wrapped.cost & (wrapped.cost - 1)) !== 0) throw invalidBackup('its keys are damaged');
  const secrets = await derive(passphrase, salt, wrapped);
  return { keys: keyFilesSchema.parse(JSON.parse(open(secrets.wrapKey, nonce, sealed, boundTo))), secrets };
}

/** Proves that frames were written by somebody with the passphrase, and that none is missing. */
export function createMac({ macKey }: BackupSecrets): Hmac {
  return createHmac('sha256', macKey);
}

function open(key: Buffer, nonce: Buffer, sealed: Buffer, boundTo: Buffer): string {
  const tagStart = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(boundTo);
  decipher.setAuthTag(sealed.subarray(tagStart));
  try {
    return decipher.update(sealed.subarray(0, tagStart), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new PlatformError('PASSPHRASE_WRONG', 'the passphrase does not open this backup', {
      hint: 'Give the passphrase that the backup was made with. Nobody can restore the keys without it.',
      cause,
    });
  }
}

async function derive(passphrase: string, salt: Buffer, terms: ScryptTerms): Promise<BackupSecrets> {
  const { cost, blockSize, parallelization } = terms;
  const options = { N: cost, r: blockSize, p: parallelization, maxmem: 256 * cost * blockSize };
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    // The same text typed on another system may come in another form of Unicode.
    scrypt(passphrase.normalize('NFC'), salt, 64, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
  return { wrapKey: bytes.subarray(0, 32), macKey: bytes.subarray(32) };
}
