import { expect, test } from 'vitest';
import { describeExit } from './describe-exit.ts';

test.each([
  [0, 'exit code 0'],
  [3, 'exit code 3'],
  [127, 'exit code 127: the command was not found'],
  [137, 'killed by SIGKILL'],
  [139, 'killed by SIGSEGV'],
  [143, 'killed by SIGTERM'],
  [255, 'exit code 255'],
])('code %j is told as %s', (code, text) => {
  expect(describeExit({ code })).toBe(text);
});
