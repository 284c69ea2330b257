import { expect, test } from 'vitest';
import { parseDemoArguments } from './demo-arguments.ts';

test.each([
  [[], { kind: 'run', staysUp: true }],
  [['--exit'], { kind: 'run', staysUp: false }],
  [['--help'], { kind: 'usage', exitCode: 0 }],
  [['--exti'], { kind: 'usage', exitCode: 2 }],
  [['--exit', 'now'], { kind: 'usage', exitCode: 2 }],
])('parseDemoArguments(%j)', (args, expected) => {
  expect(parseDemoArguments(args)).toEqual(expected);
});
