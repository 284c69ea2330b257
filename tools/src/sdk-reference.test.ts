import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderSdkReference } from './sdk-reference.ts';

test('docs/reference/plugin-sdk.md shows the types as they are', async () => {
  const root = new URL('../../', import.meta.url);
  const page = await readFile(new URL('docs/reference/plugin-sdk.md', root), 'utf8');

  expect(page).toBe(await renderSdkReference(root));
});
