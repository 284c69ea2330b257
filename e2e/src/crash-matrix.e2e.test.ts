import { describe, expect, test } from 'vitest';
import {
  isAfterPhaseWrite,
  proveOnPostgres,
  proveOnSqlite,
  whyNoPostgres,
} from './crash-matrix/prove-matrix.ts';

const TIMEOUT_MS = 15 * 60_000;
const COMMON = {
  isEachPointOnce: true,
  isAlwaysRepeated: false,
  isTimed: false,
  platforms: 2,
  // A hundred lines of good rounds would push what matters out of sight.
  print: (text: string) => void (text.startsWith('ok ') || process.stdout.write(`${text}\n`)),
} as const;

describe('whatever process dies at whatever point, what was acknowledged holds and nothing is left behind', () => {
  test(
    'on SQLite: at every point, after every write of a phase twice in a row',
    async () => {
      const failures = await proveOnSqlite({
        ...COMMON,
        forms: ['once', 'twice'],
        // Who dies twice has died once.
        choose: (round) => (round.form === 'twice') === isAfterPhaseWrite(round),
      });
      expect(failures).toEqual([]);
    },
    TIMEOUT_MS,
  );

  const missing = whyNoPostgres();
  test.skipIf(missing !== undefined)(
    `on PostgreSQL: after every third write of a phase${missing === undefined ? '' : ` (${missing})`}`,
    async () => {
      // The others, as everything on PostgreSQL, by `npm run proof -- crash-matrix`.
      let writes = 0;
      const isChosen = (round: Parameters<typeof isAfterPhaseWrite>[0]): boolean =>
        isAfterPhaseWrite(round) && writes++ % 3 === 0;
      const failures = await proveOnPostgres({ ...COMMON, forms: ['once'], choose: isChosen });
      expect(failures).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
