import { expect, test } from 'vitest';
import { chooseTarget } from './choose-target.ts';

test('who asks for a target that is not there reads which there are', () => {
  const available = [
    { name: 'process', runs: 'native' },
    { name: 'moon', runs: 'native' },
  ] as const;

  expect(() => chooseTarget(available, 'docker', null)).toThrow(
    expect.objectContaining({
      code: 'TARGET_UNAVAILABLE',
      hint: expect.stringContaining('Name one that there is: moon, process.'),
    }),
  );
});
