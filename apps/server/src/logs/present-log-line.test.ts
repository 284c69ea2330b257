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

  test.each([
    ['cannot build: no space: no space', 'cannot build: no space'],
    ['a: b: c: b: c: c', 'a: b: c'],
    ['b: b', 'b'],
    ['it ended (exit code 3 of the job): exit code 3 of the job', 'it ended \\(exit code 3 of the job\\)'],
    ['connect: 10.0.0.1: refused', 'connect: 10.0.0.1: refused'],
  ])('says once what a cause says again: %s', (message, shown) => {
    const line = JSON.stringify({ level: 40, time: 1, err: { message }, msg: 'failed' });

    expect(presentLogLine('control', line)).toMatch(new RegExp(` failed: ${shown}$`));
  });

  test('passes other text on, without what could rewrite the terminal or leak', () => {
    expect(presentLogLine('pub', 'at \u001b[31mhttps://u:p@host/x')).toBe('pub: at [31mhttps://***@host/x');
  });
});
