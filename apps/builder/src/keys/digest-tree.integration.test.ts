import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { combineTreeDigest, digestTree } from './digest-tree.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'racetrack-builder-digest-'));
  await mkdir(join(root, 'dir'));
  await writeFile(join(root, 'dir', 'file'), 'content');
  await writeFile(join(root, 'file'), 'content');
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

describe('digestTree', () => {
  test.each<[string, () => Promise<void>]>([
    ['content', async () => await writeFile(join(root, 'file'), 'other')],
    ['an executable bit', async () => await chmod(join(root, 'file'), 0o755)],
    ['a further file', async () => await writeFile(join(root, 'new'), '')],
    ['an empty directory', async () => await mkdir(join(root, 'new'))],
    ['a link', async () => await symlink('file', join(root, 'new'))],
    ['a manifest further down', async () => await writeFile(join(root, 'dir', 'job.yaml'), '')],
  ])('changes with %s', async (_title, change) => {
    const before = await digestTree(root);
    await change();

    expect(await digestTree(root)).not.toBe(before);
  });

  test('does not change with times, other mode bits or the manifest at the root', async () => {
    const before = await digestTree(root);
    await utimes(join(root, 'file'), 1, 1);
    await chmod(join(root, 'file'), 0o600);
    await writeFile(join(root, 'job.yaml'), 'name: x');

    expect(await digestTree(root)).toBe(before);
  });

  test('refuses a name that is not UTF-8', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff])]), '');

    await expect(digestTree(root)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });
});

test('combineTreeDigest depends on tree and manifest', () => {
  expect(
    new Set([combineTreeDigest('a', 'x'), combineTreeDigest('a', 'y'), combineTreeDigest('b', 'x')]).size,
  ).toBe(3);
});
