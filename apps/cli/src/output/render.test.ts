import { describe, expect, test } from 'vitest';
import { renderDuration } from './duration.ts';
import { renderRelativeTime } from './relative-time.ts';
import { shellQuote } from './shell-quote.ts';
import { renderSize } from './size.ts';
import { renderTable } from './table.ts';
import { terminalSafe } from './terminal-safe.ts';

const DAY = 86_400;
const NOW = 2_000_000_000;

test.each([
  [-1, ''],
  [0, 'just now'],
  [9, 'just now'],
  [10, '10 seconds ago'],
  [59, '59 seconds ago'],
  [60, 'a minute ago'],
  [120, '2 minutes ago'],
  [3599, '59 minutes ago'],
  [3600, 'an hour ago'],
  [7200, '2 hours ago'],
  [DAY - 1, '23 hours ago'],
  [DAY, 'yesterday'],
  [2 * DAY, '2 days ago'],
  [7 * DAY, 'a week ago'],
  [14 * DAY, '2 weeks ago'],
  [30 * DAY, '4 weeks ago'],
  [31 * DAY, 'a month ago'],
  [60 * DAY, '2 months ago'],
  [364 * DAY, '12 months ago'],
  [365 * DAY, 'a year ago'],
  [730 * DAY, '2 years ago'],
])('%i seconds ago reads %j', (ago, text) => {
  expect(renderRelativeTime(NOW - ago, NOW)).toBe(text);
});

test.each([0, null, undefined])('the time %s reads never', (time) => {
  expect(renderRelativeTime(time, NOW)).toBe('never');
});

test.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [1023, '1023 bytes'],
  [1536, '1.50 KiB'],
  [5 * 1024 ** 2, '5.00 MiB'],
  [3 * 1024 ** 3, '3.00 GiB'],
])('%i bytes read %s', (size, text) => {
  expect(renderSize(size)).toBe(text);
});

test.each([
  [440, '0.4 s'],
  [12_000, '12.0 s'],
  [125_400, '2 min 05 s'],
])('%i ms read %s', (duration, text) => {
  expect(renderDuration(duration)).toBe(text);
});

test('renderTable pads every cell, also the last one, with three spaces between', () => {
  expect(
    renderTable([
      ['NAME', 'STATUS'],
      ['a', 'RUNNING'],
    ]),
  ).toBe('NAME   STATUS \na      RUNNING\n');
});

test.each([
  ['plain/path-1.0', 'plain/path-1.0'],
  ['two words', "'two words'"],
  ["it's $HOME `x`", `'it'\\''s $HOME \`x\`'`],
  ['', "''"],
])('shellQuote turns %j into %s', (word, quoted) => {
  expect(shellQuote(word)).toBe(quoted);
});

describe('terminalSafe', () => {
  test('keeps colours and drops what moves the cursor or sets the title', () => {
    const text = '\u001b[31mred\u001b[0m \u001b[2J\u001b]0;title\u0007\tx\n';

    expect(terminalSafe(text, true)).toBe('\u001b[31mred\u001b[0m [2J]0;title\tx\n');
    expect(terminalSafe(text, false)).toBe(text);
  });
});
