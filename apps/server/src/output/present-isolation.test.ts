import { describe, expect, test } from 'vitest';
import { presentIsolation } from './present-isolation.ts';

const yes = { isAvailable: true };
const no = { isAvailable: false };

describe('presentIsolation', () => {
  test.each([
    [
      'auto',
      yes,
      { ...yes, version: 2 },
      yes,
      'a user number per job, memory limits by cgroup v2, namespaces',
    ],
    ['auto', yes, no, no, 'a user number per job, memory watched'],
    ['auto', no, no, yes, 'none: jobs run as this user, memory watched; see docs/security.md'],
    [
      'off',
      yes,
      { ...yes, version: 1 },
      yes,
      'none, RACETRACK_ISOLATION=off: jobs run as this user; see docs/security.md',
    ],
  ] as const)('%s %j %j %j: %s', async (setting, accounts, cgroup, namespaces, text) => {
    expect(await presentIsolation(setting, async () => ({ accounts, cgroup, namespaces }))).toBe(text);
  });
});
