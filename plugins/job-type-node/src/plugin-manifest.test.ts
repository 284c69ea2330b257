import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import plugin from '../plugin.ts';

test('the manifest says what the code says', () => {
  const manifest = readFileSync(new URL('../plugin-manifest.yaml', import.meta.url), 'utf8');

  expect(manifest).toBe(`name: ${plugin.id}\nversion: ${plugin.version}\ncategory: ${plugin.category}\n`);
});
