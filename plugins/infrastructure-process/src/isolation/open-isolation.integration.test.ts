import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../settings.ts';
import { openIsolation } from './open-isolation.ts';

const ignore = (): void => {};

describe('openIsolation, without namespaces', () => {
  const settings = { isolation: 'account', namespaces: 'off', cgroups: 'off' };

  test('refuses a data directory that accounts cannot reach, and says what to do', async () => {
    await using directory = await createTemporaryDirectory();
    chmodSync(directory.path, 0o700);
    const dataDir = join(directory.path, 'data');

    const opening = openIsolation(
      parseSettings({ ...settings, platformDir: dataDir }, dataDir),
      'owner',
      ignore,
    );

    await expect(opening).rejects.toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: `jobs run as users of their own, which cannot pass through ${directory.path}.`,
      hint: expect.stringContaining(`chmod o+x ${directory.path}`) as unknown,
    });
  });

  test('lets accounts pass through the platform’s own directories, but not list them', async () => {
    await using directory = await createTemporaryDirectory();
    chmodSync(directory.path, 0o711);
    const dataDir = join(directory.path, 'data');

    await openIsolation(parseSettings({ ...settings, platformDir: dataDir }, dataDir), 'owner', ignore);

    for (const name of ['', 'instances', 'sockets'])
      expect(statSync(join(dataDir, name)).mode & 0o777).toBe(0o711);
  });
});

test('what is in force, and what is not, is told in plain words', async () => {
  await using directory = await createTemporaryDirectory();
  const told: string[] = [];

  const settings = parseSettings({ isolation: 'off' }, directory.path);
  await openIsolation(settings, 'owner', (level, text) => told.push(`${level} ${text}`));

  expect(told.find((line) => line.includes('accounts:'))).toMatch(
    /^info .*jobs and builds run as the user of the platform/,
  );
  expect(told.find((line) => line.includes('namespaces:'))).toMatch(/^info /);
});
