import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createUserRepository, openStore } from '@racetrack-platform/db';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { acquireDataDirectoryLock } from '../lock/data-directory-lock.ts';
import { runAdministration } from './run-administration.ts';

async function administer(dataDir: string, args: readonly string[], isExclusive = false) {
  let out = '';
  const writeOut = (text: string): void => void (out += text);
  const deps = { dataDir, env: process.env, writeOut, writeErr: () => undefined };
  const code = await runAdministration(deps, { args, isExclusive });
  return { code, out };
}

test('accounts are looked after on the store itself, in a process that says why it could not', async () => {
  await using directory = await createTemporaryDirectory();
  await expect(administer(directory.path, ['user', 'list'])).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await using made = await createTemporaryDirectory();
  await mkdir(join(made.path, 'store'), { mode: 0o700 });
  const store = await openStore({ kind: 'sqlite', path: join(made.path, 'store', 'racetrack.db') });
  const row = {
    id: 'u',
    username: 'ann',
    password_hash: 'none',
    is_active: 1,
    is_staff: 1,
    created_at: 1,
  } as const;
  await createUserRepository(store.db).insert({ ...row, last_login_at: null });
  await store.close();

  expect(await administer(made.path, ['user', 'list'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('ann'),
  });
  await expect(administer(made.path, ['user', 'deactivate', 'ann'])).rejects.toMatchObject({
    message: 'this is the last administrator',
    hint: expect.stringContaining('npm start -- user staff'),
    exitCode: 3,
  });
  const lock = await acquireDataDirectoryLock(made.path);
  await expect(administer(made.path, ['keys', 'rotate', 'auth'], true)).rejects.toMatchObject({
    code: 'DATA_DIR_IN_USE',
  });
  await lock.release();
});
