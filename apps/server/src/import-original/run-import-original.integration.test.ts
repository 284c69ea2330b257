import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { acquireDataDirectoryLock } from '../lock/data-directory-lock.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
/** Nobody listens there. */
const URL_OF_NOBODY = 'postgres://racetrack@127.0.0.1:1/racetrack';

async function server(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

test('import-original says what is wrong, never shows a password, and leaves nothing of a dry run', async () => {
  await using directory = await createTemporaryDirectory();
  const dataDir = join(directory.path, 'data');
  const args = ['import-original', URL_OF_NOBODY, '--data-dir', dataDir, '--dry-run'];
  const { code, output } = await server(args, { PGPASSWORD: 'hunter2' });

  expect(code).toBe(5);
  expect(output).toContain('PostgreSQL database racetrack at 127.0.0.1:1 cannot be used');
  expect(output).not.toContain('hunter2');
  expect(await readdir(directory.path)).toEqual([]);
});

test('import-original names what it was given, and leaves no empty data directory behind', async () => {
  await using directory = await createTemporaryDirectory();
  const args = ['import-original', 'mysql://x', '--data-dir', join(directory.path, 'data')];
  const { code, output } = await server(args);

  expect(code).toBe(2);
  expect(output).toContain('the address of the original is not a URL of PostgreSQL');
  expect(output).not.toContain('DATABASE_URL');
  expect(await readdir(directory.path)).toEqual([]);
});

test('import-original does not run beside a platform', async () => {
  await using directory = await createTemporaryDirectory();
  const lock = await acquireDataDirectoryLock(directory.path);
  const { code, output } = await server(['import-original', URL_OF_NOBODY, '--data-dir', directory.path]);
  await lock.release();

  expect(code).toBe(3);
  expect(output).toContain('is used by process');
});

test('--print-config prints what is in force, and starts nothing', async () => {
  await using directory = await createTemporaryDirectory();
  const dataDir = join(directory.path, 'data');
  const { code, output } = await server(['--print-config', '--data-dir', dataDir, '--pub-port', '8123'], {
    RACETRACK_MAX_DEPLOYMENT: '1',
  });

  expect(code).toBe(0);
  expect(output).toContain('pub_port: 8123   # --pub-port');
  expect(output).toContain('RACETRACK_MAX_DEPLOYMENT is no setting: did you mean RACETRACK_MAX_DEPLOYMENTS?');
  expect(await readdir(directory.path)).toEqual([]);
});
