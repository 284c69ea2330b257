import { expect, test } from 'vitest';
import { proveOnPostgres, proveOnSqlite, whyNoPostgres, type ProofOptions } from './prove-matrix.ts';

/** Tests on both stores, in every form. */
export function describeMatrix(breadth: Pick<ProofOptions, 'isEachPointOnce' | 'isAlwaysRepeated'>): void {
  const options: ProofOptions = {
    isTimed: true,
    forms: ['once', 'twice', 'family'],
    platforms: 2,
    print: (text) => void process.stdout.write(`${text}\n`),
    ...breadth,
  };

  test('on SQLite', async () => {
    expect(await proveOnSqlite(options)).toEqual([]);
  });

  const missing = whyNoPostgres();
  const reason = missing === undefined ? '' : ` (${missing})`;
  test.skipIf(missing !== undefined)(`on PostgreSQL${reason}`, async () => {
    expect(await proveOnPostgres(options)).toEqual([]);
  });
}
