import { describe, expect, test } from 'vitest';
import { parsePsLine } from './parse-ps.ts';

describe('parsePsLine', () => {
  test('reads a line of macOS', () => {
    expect(parsePsLine('  501   500 Ss     1:01.50 Mon Nov  2 10:00:00 2026    ')).toEqual({
      pid: 501,
      session: 500,
      startTime: 'Mon Nov  2 10:00:00 2026',
      cpuSeconds: 61.5,
    });
  });

  test('reads a processor time of days, as Linux tells it', () => {
    expect(parsePsLine('1 1 S 2-03:04:05 Mon Nov  2 10:00:00 2026')?.cpuSeconds).toBe(183_845);
  });

  test.each(['', 'garbage', '501 500 Z 0:00.00 Mon Nov  2 10:00:00 2026'])(
    'finds no living process in %j',
    (line) => {
      expect(parsePsLine(line)).toBeUndefined();
    },
  );
});
