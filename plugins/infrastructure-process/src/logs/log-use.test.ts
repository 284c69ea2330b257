import { expect, test } from 'vitest';
import { isHollow, measureLog } from './log-use.ts';

const MIB = 1024 * 1024;
const use = (size: number, disk: number): { size: number; blocks: number } => ({ size, blocks: disk / 512 });

test.each([
  ['a short one', use(10, 4_096), 10],
  ['one with as much in reserve as it is long', use(20 * MIB, 40 * MIB), 20 * MIB],
  ['one with much in reserve', use(10, 3 * 1024 * MIB), 3 * 1024 * MIB - 128 * 1024 - 10],
  ['one with a hole', use(60 * MIB, 4_096), 60 * MIB],
])('what counts of a log: %s', (_title, found, expected) => {
  expect(measureLog(found)).toBe(expected);
});

test.each([
  ['all written', use(120 * MIB, 120 * MIB), false],
  ['compressed', use(120 * MIB, 40 * MIB), false],
  ['short', use(50 * MIB, 0), false],
  ['stretched', use(60 * MIB, 4_096), true],
])(
  'a log is hollow only when more than a whole log of it was never written: %s',
  (_title, found, expected) => {
    expect(isHollow(found, 50 * MIB)).toBe(expected);
  },
);
