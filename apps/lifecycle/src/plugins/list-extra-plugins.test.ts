import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listExtraPlugins } from './list-extra-plugins.ts';

describe('plugins that the owner of the server names', () => {
  let root: string;
  const list = async (...names: string[]) =>
    await listExtraPlugins({
      folders: names.map((name) => join(root, name)),
      dataDir: '/data/plugins',
      platform: { instancesDir: '/data/instances' },
    });

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'racetrack-extra-'));
    mkdirSync(join(root, 'a/mine'), { recursive: true });
    mkdirSync(join(root, 'b/mine'), { recursive: true });
    symlinkSync(join(root, 'a/mine'), join(root, 'link'));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  test('keep what is theirs apart, also when they are called the same', async () => {
    const [first, second] = await list('a/mine', 'b/mine');

    expect(first?.platform).toEqual({ instancesDir: '/data/instances' });
    expect(first?.dataDir).toMatch(/^\/data\/plugins\/extra-mine-[\da-f]{8}$/);
    expect(second?.dataDir).not.toBe(first?.dataDir);
  });

  test('are the same by whatever path', async () => {
    expect(await list('link')).toEqual(await list('a/mine'));
  });

  test.runIf(process.getuid?.() === 0)('are refused as root when others can change them', async () => {
    chmodSync(join(root, 'b'), 0o777);
    try {
      await expect(list('b/mine')).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        hint: expect.stringContaining(`chmod o-w ${join(root, 'b')}`),
      });
    } finally {
      chmodSync(join(root, 'b'), 0o755);
    }
  });

  test('are refused when there is nothing', async () => {
    await expect(list('a/mine', 'gone')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(join(root, 'gone')),
      hint: expect.stringContaining('absolute path'),
    });
  });
});
