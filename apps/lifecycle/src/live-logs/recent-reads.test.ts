import { describe, expect, test } from 'vitest';
import { createRecentReads } from './recent-reads.ts';

describe('recent reads', () => {
  test('count for this address and this very job, for a minute', () => {
    const clock = { nowMs: 0 };
    const reads = createRecentReads(() => clock.nowMs);
    reads.note('10.0.0.1', 'adder', '1.0.0');

    expect(reads.has('10.0.0.1', 'adder', '1.0.0')).toBe(true);
    expect(reads.has('10.0.0.2', 'adder', '1.0.0')).toBe(false);
    expect(reads.has('10.0.0.1', 'adder', '1.0.1')).toBe(false);
    expect(reads.has('10.0.0.1', 'primer', '1.0.0')).toBe(false);
    clock.nowMs = 60_000;
    expect(reads.has('10.0.0.1', 'adder', '1.0.0')).toBe(true);
    clock.nowMs = 60_001;
    expect(reads.has('10.0.0.1', 'adder', '1.0.0')).toBe(false);
  });

  test.each(['::1', '127.0.0.1', '::ffff:127.0.0.1', '127.0.0.2'])('take %s for this machine', (address) => {
    const reads = createRecentReads();
    reads.note(address, 'adder', '1.0.0');

    expect(reads.has('127.0.0.1', 'adder', '1.0.0')).toBe(true);
    expect(reads.has('::ffff:10.0.0.1', 'adder', '1.0.0')).toBe(false);
  });

  test('are bounded: the oldest go', () => {
    const reads = createRecentReads();
    for (let index = 0; index <= 10_000; index += 1) reads.note('a', 'adder', String(index));

    expect(reads.has('a', 'adder', '0')).toBe(false);
    expect(reads.has('a', 'adder', '1')).toBe(true);
  });
});
