import { PlatformError } from '@racetrack-platform/errors';
import { COMMON_PASSWORDS } from './common-passwords.ts';

const MIN_LENGTH = 8;
/** Longer ones are no safer, and cost time to hash. */
const MAX_LENGTH = 1_024;

/**
 * What is wrong with a new password, in the words of Racetrack 2.36; empty when it is good.
 */
export function listPasswordWeaknesses(password: string): string[] {
  const weaknesses: string[] = [];
  if (password.length < MIN_LENGTH) {
    weaknesses.push(`This password is too short. It must contain at least ${MIN_LENGTH} characters.`);
  }
  if (password.length > MAX_LENGTH) {
    weaknesses.push(`This password is too long. It must contain at most ${MAX_LENGTH} characters.`);
  }
  if (COMMON_PASSWORDS.has(password.trim().toLowerCase())) weaknesses.push('This password is too common.');
  if (/^\d+$/.test(password)) weaknesses.push('This password is entirely numeric.');
  return weaknesses;
}

/** @throws PlatformError `BAD_REQUEST`, naming everything that is wrong with it. */
export function requireGoodPassword(password: string): void {
  const weaknesses = listPasswordWeaknesses(password);
  if (weaknesses.length === 0) return;
  throw new PlatformError('BAD_REQUEST', `Invalid password: ${weaknesses.join(' ')}`, {
    hint: 'Choose a longer one, such as a few words that do not belong together.',
  });
}
