import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { PlatformError } from '@racetrack-platform/errors';

/** Encrypts texts at rest. */
export interface Sealer {
  /**
   * @param plaintext - the secret.
   * @param associatedData - names the row that it belongs to, such as `token:ID`; the same is needed to open it.
   */
  seal(plaintext: string, associatedData: string): string;
  /**
   * @throws PlatformError `KEY_MISMATCH` when it was sealed with another key.
   * @throws Error when it was altered, or moved to another row.
   */
  open(sealed: string, associatedData: string): string;
}

const ALGORITHM = 'aes-256-gcm';
const FORMAT = 'v1';
/** 96 bits, as NIST SP 800-38D, 8.2, recommends; random ones are safe for 2^32 texts under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM. A sealed text reads `v1.KEYID.NONCE.CIPHERTEXT`, in base64url; the key id tells which key is needed,
 * so that a wrong one is named as such, and keys can be changed one day.
 *
 * @param secretsKey - 32 bytes, hexadecimal.
 */
export function createSealer(secretsKey: string): Sealer {
  const key = Buffer.from(secretsKey, 'hex');
  if (key.length !== 32) throw new TypeError('the secrets key has to be 32 bytes in hexadecimal');
  const keyId = createHmac('sha256', key).update('racetrack key id').digest('hex').slice(0, 8);
  const prefix = `${FORMAT}.${keyId}`;
  return {
    seal(plaintext, associatedData) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(`${prefix}.${associatedData}`));
      const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return `${prefix}.${nonce.toString('base64url')}.${sealed.toString('base64url')}`;
    },

    open(text, associatedData) {
      const { nonce, sealed } = parseSealed(text, keyId);
      const tagStart = sealed.length - TAG_BYTES;
      try {
        const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
        decipher.setAAD(Buffer.from(`${prefix}.${associatedData}`));
        decipher.setAuthTag(sealed.subarray(tagStart));
        return decipher.update(sealed.subarray(0, tagStart), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new Error('a sealed value was altered or belongs to another row', { cause });
      }
    },
  };
}

function parseSealed(text: string, expectedKeyId: string): { nonce: Buffer; sealed: Buffer } {
  const [format, keyId, nonceText = '', sealedText = '', ...rest] = text.split('.');
  const nonce = Buffer.from(nonceText, 'base64url');
  const sealed = Buffer.from(sealedText, 'base64url');
  const isWellFormed = nonce.length === NONCE_BYTES && sealed.length >= TAG_BYTES && rest.length === 0;
  if (format !== FORMAT || !isWellFormed) throw new Error('a sealed value is not of a known format');
  if (keyId !== expectedKeyId) {
    throw new PlatformError(
      'KEY_MISMATCH',
      `a secret was sealed with the key ${keyId}, not ${expectedKeyId}`,
      {
        hint: 'Start the server with the secrets key that belongs to this store.',
      },
    );
  }
  return { nonce, sealed };
}
