import { randomBytes } from 'node:crypto';

/** 20 characters of base64url: 120 random bits. */
export function generatePassword(): string {
  return randomBytes(15).toString('base64url');
}
