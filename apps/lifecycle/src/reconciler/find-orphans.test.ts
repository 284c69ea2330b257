import { expect, test } from 'vitest';
import { findOrphans } from './find-orphans.ts';

test('an instance that nobody knows is an orphan once it runs for a minute', () => {
  const instance = (instanceId: string, startedAt: number) => ({
    instanceId,
    state: 'running' as const,
    address: { kind: 'unix', path: '/s' } as const,
    startedAt,
    exitCode: null,
    reason: null,
  });
  const observed = new Map([
    ['process', [instance('known', 0), instance('old', 0), instance('young', 50_000)]],
    ['away', undefined],
  ]);

  expect(findOrphans(observed, new Set(['known']), 100_000)).toEqual([
    { target: 'process', instanceId: 'old' },
  ]);
});
