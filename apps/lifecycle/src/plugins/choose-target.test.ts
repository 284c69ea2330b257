import { expect, test } from 'vitest';
import { chooseTarget } from './choose-target.ts';

const bundled = { origin: 'bundled', installed: null } as const;
const installedAt = (time: number) => ({ origin: 'installed', installed: { installedAt: time } }) as const;

test('without a word the target counts that was there first, whatever is installed later', () => {
  const moon = { name: 'moon', runs: 'container', provider: installedAt(2) } as const;
  const mars = { name: 'mars', runs: 'container', provider: installedAt(3) } as const;
  const earth = { name: 'process', runs: 'native', provider: bundled } as const;

  expect(chooseTarget([mars, moon, earth], null, null)).toBe(earth);
  expect(chooseTarget([mars, moon], null, null)).toBe(moon);
  expect(chooseTarget([mars, moon, earth], null, 'mars')).toBe(mars);
  expect(chooseTarget([mars, moon, earth], 'moon', 'mars')).toBe(moon);
});

test('who asks for a target that is not there reads which there are', () => {
  const available = [
    { name: 'process', runs: 'native', provider: bundled },
    { name: 'moon', runs: 'native', provider: installedAt(1) },
  ] as const;

  expect(() => chooseTarget(available, 'docker', null)).toThrow(
    expect.objectContaining({
      code: 'TARGET_UNAVAILABLE',
      hint: expect.stringContaining('Name one that there is: moon, process.'),
    }),
  );
});
