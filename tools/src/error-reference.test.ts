import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { renderErrorReference } from './error-reference.ts';

test('docs/reference/errors.md lists exactly the codes there are', async () => {
  const page = await readFile(new URL('../../docs/reference/errors.md', import.meta.url), 'utf8');

  expect(page).toBe(renderErrorReference());
});
