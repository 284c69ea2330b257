import { describe, expect, test } from 'vitest';
import { parseStat } from './parse-stat.ts';

const TAIL = '0 -1 4194560 100 0 0 0 150 50 7 3 20 0 1 0 987654 1000 200 18446744073709551615';

describe('parseStat', () => {
  test('reads session, start time and processor time', () => {
    expect(parseStat(`42 (node) S 1 42 40 ${TAIL}`)).toEqual({
      pid: 42,
      session: 40,
      startTime: '987654',
      cpuSeconds: 2.1,
    });
  });

  test.each(['a b', ')) R 1 (', 'x) Z 1 2 3 4'])('is not led astray by the program name %j', (name) => {
    expect(parseStat(`42 (${name}) S 1 42 40 ${TAIL}`)).toMatchObject({ pid: 42, session: 40 });
  });

  test.each([`42 (node) Z 1 42 40 ${TAIL}`, `42 (node) X 1 42 40 ${TAIL}`, '42 (node', '', 'x (y) S 1'])(
    'finds no living process in %j',
    (text) => {
      expect(parseStat(text)).toBeUndefined();
    },
  );
});
