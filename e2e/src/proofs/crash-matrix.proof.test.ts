/** kill -9 at every point of deploy, redeploy, force and delete, once, twice in a row and all at once, on both stores. */
import { expect, test } from 'vitest';
import { proveOnPostgres, proveOnSqlite, whyNoPostgres } from '../crash-matrix/prove-matrix.ts';

const EVERYTHING = {
  isTimed: true,
  forms: ['once', 'twice', 'family'],
  isEachPointOnce: false,
  isAlwaysRepeated: true,
  platforms: 2,
  print: (text: string) => void process.stdout.write(`${text}\n`),
} as const;

test('on SQLite', async () => {
  expect(await proveOnSqlite(EVERYTHING)).toEqual([]);
});

const missing = whyNoPostgres();
test.skipIf(missing !== undefined)(
  `on PostgreSQL${missing === undefined ? '' : ` (${missing})`}`,
  async () => {
    expect(await proveOnPostgres(EVERYTHING)).toEqual([]);
  },
);
