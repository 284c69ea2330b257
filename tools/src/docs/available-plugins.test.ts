import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../repository.ts';

test('docs/reference/available-plugins.md has every plugin of the platform with its version', () => {
  const page = readFileSync(join(ROOT, 'docs/reference/available-plugins.md'), 'utf8');
  const manifests = globSync('plugins/*/plugin-manifest.yaml', { cwd: ROOT });

  const missing = manifests.filter((path) => {
    const text = readFileSync(join(ROOT, path), 'utf8');
    const [name, version] = ['name', 'version'].map(
      (field) => new RegExp(`^${field}: *(\\S+)`, 'm').exec(text)?.[1],
    );
    return !page.includes(`| \`${name}\` | ${version} |`);
  });
  expect(manifests.length).toBeGreaterThan(0);
  expect(missing).toEqual([]);
});
