import { expect, test } from 'vitest';
import { parseBenchArguments } from './bench-arguments.ts';

test.each([
  [[], { only: undefined, runCount: 5, format: 'table' }],
  [
    ['--only', 'ready,memory', '--runs', '1', '--output', 'json'],
    { only: ['ready', 'memory'], runCount: 1, format: 'json' },
  ],
  [['--only', 'speed'], undefined],
  [['--runs', '0'], undefined],
  [['--output', 'xml'], undefined],
  [['--fast'], undefined],
])('parseBenchArguments(%j)', (args, expected) => {
  expect(parseBenchArguments(args, ['ready', 'memory'])).toEqual(expected);
});
