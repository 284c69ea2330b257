import path from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../repository.ts';
import { listProofs } from './list-proofs.ts';

test('every proof says in its first line what it shows', async () => {
  const proofs = await listProofs(path.join(ROOT, 'e2e/src/proofs'));

  expect(proofs.map(({ name }) => name)).toContain('drain');
  for (const { description } of proofs) expect(description).toMatch(/\w+ \w+/);
});
