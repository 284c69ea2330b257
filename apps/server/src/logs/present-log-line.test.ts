import { describe, expect, test } from 'vitest';
import { findLevel, presentLogLine } from './present-log-line.ts';

describe('findLevel', () => {
  test.each([
    ['{"level":30,"time":1,"msg":"x"}', 30],
    ['{"time":1,"level":50}', 50],
    ['{"level":"info"}', undefined],
    ['{"level":30', undefined],
    ['TypeError: x is not a function', undefined],
    ['[1]', undefined],
  ])('of %s is %s', (line, level) => {
    expect(findLevel(line)).toBe(level);
  });
});

describe('presentLogLine', () => {
  test('shows time, level, role, message, cause and the other fields', () => {
    const line = JSON.stringify({
      level: 50,
      time: Date.now(),
      pid: 1,
      hostname: 'h',
      job: 'adder',
      err: { type: 'Error', message: 'no route', stack: 'Error: no route\n at x' },
      msg: 'call failed',
    });

    expect(presentLogLine('pub', line)).toMatch(
      /^\d\d:\d\d:\d\d error pub {6}call failed: no route \(job=adder\)$/,
    );
  });

  test('passes other text on, without what could rewrite the terminal or leak', () => {
    expect(presentLogLine('pub', 'at \u001b[31mhttps://u:p@host/x')).toBe('pub: at [31mhttps://***@host/x');
  });
});
