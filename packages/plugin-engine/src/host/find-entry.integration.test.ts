import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { findEntry } from './find-entry.ts';

describe('findEntry', () => {
  test.each([
    [
      'the export of package.json',
      { 'package.json': '{"exports":{".":{"import":"./a.js"}}}', 'a.js': '', 'plugin.js': '' },
      'a.js',
    ],
    ['plugin.js', { 'plugin.js': '', 'src/index.ts': '' }, 'plugin.js'],
    ['plugin.js when package.json exports nothing', { 'package.json': '{}', 'plugin.js': '' }, 'plugin.js'],
    ['src/index.ts', { 'src/index.ts': '' }, 'src/index.ts'],
  ])('finds %s', async (_title, files, expected) => {
    await using directory = await createTemporaryDirectory();
    mkdirSync(join(directory.path, 'src'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory.path, name), text);

    expect(findEntry(directory.path)).toBe(join(directory.path, expected));
  });

  test('refuses an entry outside of the folder', async () => {
    await using directory = await createTemporaryDirectory();
    const dir = join(directory.path, 'plugin');
    mkdirSync(dir);
    writeFileSync(join(directory.path, 'other.js'), '');
    symlinkSync(join(directory.path, 'other.js'), join(dir, 'plugin.js'));

    expect(() => findEntry(dir)).toThrow('lies outside');
  });

  test('tells what an entry may be called when there is none', async () => {
    await using directory = await createTemporaryDirectory();

    expect(() => findEntry(directory.path)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('plugin.js') as string }),
    );
  });
});
