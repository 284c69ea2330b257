import { PlatformError } from '@racetrack-platform/errors';

/**
 * What shows: no control or format characters, and nothing else that a reader cannot see or that turns the text around
 * it (Unicode 16, 4.6 and 5.21), for audit log and grants name services by these. Of spaces, the plain one alone.
 */
const NAME = /^[[\p{L}\p{M}\p{N}\p{P}\p{S} ]--\p{Default_Ignorable_Code_Point}]{1,255}$/v;
/** Part of paths, without a meaning of its own there. */
const ID = /^(?!\.{1,2}$|\s|.*\s$)[[\p{L}\p{M}\p{N}._@ \-]--\p{Default_Ignorable_Code_Point}]{1,255}$/v;

/**
 * An id as it was asked for.
 *
 * @throws PlatformError `BAD_REQUEST`.
 */
export function requireEscId(wanted: string): string {
  if (ID.test(wanted)) return wanted;
  throw new PlatformError('BAD_REQUEST', 'an ESC id has 1 to 255 letters, digits and characters of "._@ -"', {
    hint: 'Use letters, digits and dashes, or leave it out and one is made.',
  });
}

/**
 * A name as it was asked for, without the spaces around it.
 *
 * @throws PlatformError `BAD_REQUEST`.
 */
export function requireEscName(wanted: string): string {
  const name = wanted.trim();
  if (name === '') {
    throw new PlatformError('BAD_REQUEST', 'ESC name can not be empty', { hint: 'Give it a name.' });
  }
  if (NAME.test(name)) return name;
  throw new PlatformError('BAD_REQUEST', 'an ESC name has at most 255 characters, all of them printable', {
    hint: 'Choose a shorter name, without line breaks and invisible characters.',
  });
}
