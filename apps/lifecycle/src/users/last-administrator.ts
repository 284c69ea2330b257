import { createUserRepository, type Queryable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';

/**
 * Sees to it that somebody is left who can administer the platform. Call it in the transaction that takes an
 * administrator away: transactions follow each other, so that two can never take away each other.
 *
 * @param userId - of the account that is to be deactivated, removed, or no staff any more.
 * @throws PlatformError `LAST_ADMINISTRATOR` when no other account is active and staff.
 */
export async function requireOtherAdministrator(db: Queryable, userId: string): Promise<void> {
  if ((await createUserRepository(db).countOtherAdministrators(userId)) > 0) return;
  throw new PlatformError('LAST_ADMINISTRATOR', 'this is the last administrator', {
    hint: 'Make another active user a staff member first; at the server: npm start -- user staff NAME.',
  });
}
