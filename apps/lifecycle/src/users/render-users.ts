import type { UserDto } from '@racetrack-platform/contracts';
import { showInvisible } from '../terminal/show-invisible.ts';

const TITLES = ['NAME', 'STATE', 'STAFF', 'LAST SIGN-IN'];

/** Accounts as a table for people. */
export function renderUsers(users: readonly UserDto[]): string {
  const rows = [TITLES, ...users.map(toCells)];
  const widths = TITLES.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}

function toCells({ username, is_active, is_staff, last_login_time }: UserDto): string[] {
  const lastLogin = last_login_time === null ? 'never' : new Date(last_login_time * 1_000).toISOString();
  return [showInvisible(username), is_active ? 'active' : 'inactive', is_staff ? 'yes' : 'no', lastLogin];
}
