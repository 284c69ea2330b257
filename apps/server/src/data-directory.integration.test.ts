import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureDataDirectory } from './data-directory.ts';

let parent: string;

beforeEach(() => {
  parent = realpathSync(mkdtempSync(path.join(tmpdir(), 'racetrack-data-')));
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('ensureDataDirectory', () => {
  test('makes the folder and its parents, for its owner alone', async () => {
    const folder = path.join(parent, 'a/b');

    expect(await ensureDataDirectory(folder)).toBe(folder);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test('closes an empty folder of ours, follows links', async () => {
    mkdirSync(path.join(parent, 'real'));
    chmodSync(path.join(parent, 'real'), 0o777);
    symlinkSync('real', path.join(parent, 'link'));

    expect(await ensureDataDirectory(path.join(parent, 'link'))).toBe(path.join(parent, 'real'));
    expect(statSync(path.join(parent, 'real')).mode & 0o777).toBe(0o700);
  });

  test('refuses a folder with contents that others may write to, and leaves it as it is', async () => {
    writeFileSync(path.join(parent, 'file'), '');
    chmodSync(parent, 0o777);

    await expect(ensureDataDirectory(parent)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(statSync(parent).mode & 0o777).toBe(0o777);
  });

  test('refuses a folder of another user', async () => {
    const somebody = statSync(parent).uid + 1;

    await expect(ensureDataDirectory(parent, somebody)).rejects.toThrow(/belongs to another user/);
  });

  test('refuses a path that is a file, saying so', async () => {
    writeFileSync(path.join(parent, 'file'), '');

    await expect(ensureDataDirectory(path.join(parent, 'file'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});
