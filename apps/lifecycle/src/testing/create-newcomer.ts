import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import type { TestControl } from './start-test-control.ts';

/**
 * Somebody who may start new families and nothing else.
 *
 * @returns the token.
 */
export async function createNewcomer(control: TestControl, username: string): Promise<string> {
  const password = 'newcomers-Pass-1';
  await control.request('POST', '/api/v1/users/register', { username, password });
  const database = new DatabaseSync(join(control.directory, 'data/store/racetrack.db'), { timeout: 5_000 });
  database.prepare('update "user" set is_active = 1 where username = ?').run(username);
  database
    .prepare(
      `delete from permission where scope <> 'deploy_new_family' and subject_id =
       (select subject.id from subject join "user" on "user".id = subject.user_id where username = ?)`,
    )
    .run(username);
  database.close();
  const login = await control.request('POST', '/api/v1/users/login', { username, password }, '');
  return ((await login.json()) as { token: string }).token;
}
