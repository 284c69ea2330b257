import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import type { LauncherConfig } from '../config.ts';
import { isForeign } from '../doctor/is-foreign.ts';
import { checkReach, usesAccounts } from './check-reach.ts';

const withBubblewrap = async () => await Promise.resolve({ namespaces: { isAvailable: true } as const });
const without = async () =>
  await Promise.resolve({ namespaces: { isAvailable: false, reason: 'none', remedy: 'None.' } as const });

test.skipIf(!usesAccounts('auto'))(
  'below a closed directory jobs need bubblewrap (only as root on Linux)',
  async () => {
    await using directory = await createTemporaryDirectory();
    chmodSync(directory.path, 0o700);
    const config: Pick<LauncherConfig, 'dataDir' | 'isolation' | 'roles'> = {
      dataDir: join(directory.path, 'data'),
      isolation: 'auto',
      roles: ['pub', 'control'],
    };

    expect((await checkReach(config, without))?.message).toContain(directory.path);
    expect(await checkReach(config, withBubblewrap)).toBeUndefined();
    expect(await checkReach({ ...config, isolation: 'off' }, without)).toBeUndefined();
    expect(await checkReach({ ...config, roles: ['pub'] }, without)).toBeUndefined();
    chmodSync(directory.path, 0o711);
    expect(await checkReach(config, without)).toBeUndefined();
  },
);

test('a directory of somebody else is told from one that does not exist, or that root may look at', async () => {
  await using directory = await createTemporaryDirectory();
  const uid = process.getuid?.() ?? 0;

  expect(await isForeign(directory.path, uid + 1)).toBe(true);
  expect(await isForeign(directory.path, uid)).toBe(false);
  expect(await isForeign(directory.path, 0)).toBe(false);
  expect(await isForeign(join(directory.path, 'none'), uid + 1)).toBe(false);
});
