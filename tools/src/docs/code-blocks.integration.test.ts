import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPage } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { ROOT } from '../repository.ts';
import { checkBlock } from './check-block.ts';
import { listPages } from './list-pages.ts';

test('every block of code in the documentation can be read by its language', { timeout: 120_000 }, () => {
  const broken = listPages(ROOT).flatMap((path) =>
    readPage(readFileSync(join(ROOT, path), 'utf8')).blocks.flatMap((block) => {
      const problem = checkBlock(block);
      return problem === undefined ? [] : [`${path}:${block.line}: ${problem}`];
    }),
  );

  expect(broken).toEqual([]);
});
