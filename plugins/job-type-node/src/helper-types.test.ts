import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

test('the sample’s copy of the helper’s types, for editors, is the helper’s', () => {
  expect(read('../../../sample/node-typescript/racetrack-job.d.ts')).toBe(
    read('../runtime/helper/racetrack-job.d.ts'),
  );
});
