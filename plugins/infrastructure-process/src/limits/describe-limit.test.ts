import { expect, test } from 'vitest';
import { describeExcess } from './describe-limit.ts';

test.each([
  ['memory', 268_435_456, 'exceeded its memory limit of 256 MiB'],
  ['disk', 1_610_612_736, 'exceeded its disk limit of 1.5 GiB'],
  ['memory', 1_000, 'exceeded its memory limit of 1000 bytes'],
] as const)('the %s limit of %d bytes is told in words', (what, bytes, text) => {
  expect(describeExcess(what, bytes)).toBe(text);
});
