import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FAILPOINTS } from './failpoints.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const CALL = /\bfailpoint\('([^']+)'\)/g;

async function listUses(): Promise<string[]> {
  const uses: string[] = [];
  for (const folder of ['apps', 'packages', 'plugins']) {
    for (const entry of await readdir(join(REPOSITORY, folder), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile() || !/\/src\/.*\.ts$/.test(path) || /\.test\.ts$|node_modules/.test(path)) continue;
      const text = await readFile(path, 'utf8');
      for (const [, name] of text.matchAll(CALL)) uses.push(name ?? '');
    }
  }
  return uses;
}

test('every declared point is in the sources exactly once, and no other', async () => {
  expect((await listUses()).sort()).toEqual(Object.keys(FAILPOINTS).sort());
});

test('points come in pairs, before and after', () => {
  const names = Object.keys(FAILPOINTS);
  const effects = (prefix: string): string[] =>
    names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));

  expect(effects('before-').sort()).toEqual(effects('after-').sort());
});
