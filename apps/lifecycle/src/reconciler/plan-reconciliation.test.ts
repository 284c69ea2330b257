import { describe, expect, test } from 'vitest';
import type { InstanceRow } from '@racetrack-platform/db';
import type { ObservedInstance } from '@racetrack-platform/plugin-sdk';
import { planReconciliation, restartDelayMs, type ReconciliationView } from './plan-reconciliation.ts';

const instance: InstanceRow = {
  id: 'i-1',
  deployment_id: 'd-1',
  job_name: 'adder',
  job_version: '1.0.0',
  target: 'process',
  state: 'active',
  address: '{"kind":"unix","path":"/run/i-1.sock"}',
  created_at: 0,
  drain_since: null,
  drain_revision: null,
  restarts: 0,
  next_restart_at: null,
  host_id: 'here',
};
const running: ObservedInstance = {
  instanceId: 'i-1',
  state: 'running',
  address: { kind: 'unix', path: '/run/i-1.sock' },
  startedAt: 0,
  exitCode: null,
  reason: null,
};

function plan(
  change: Partial<InstanceRow>,
  observed: ObservedInstance[] | undefined,
  view: Partial<ReconciliationView> = {},
) {
  return planReconciliation({
    nowMs: 1_000_000,
    observedAtMs: 999_000,
    instances: [{ ...instance, ...change }],
    observed: new Map([['process', observed]]),
    drainLimitMs: 30_000,
    isDrained: () => false,
    ...view,
  });
}

describe('planReconciliation', () => {
  test('leaves a running instance alone', () => {
    expect(plan({}, [running])).toEqual([]);
  });

  test.each([
    ['has exited', [{ ...running, state: 'exited' as const, reason: 'exit code 3' }], 'exit code 3'],
    ['is not there', [], 'it was not there'],
  ])('starts an active instance again that %s', (_title, observed, reason) => {
    expect(plan({}, observed)).toEqual([{ kind: 'restart', id: 'i-1', restarts: 0, reason }]);
  });

  test('waits for the end of the backoff', () => {
    expect(plan({ next_restart_at: 1_000_001 }, [])).toEqual([]);
  });

  test('concludes nothing from a target that cannot be asked', () => {
    expect(plan({}, undefined)).toEqual([]);
  });

  test('concludes nothing about an instance that is younger than the look at its target', () => {
    expect(plan({ created_at: 999_500 }, [])).toEqual([]);
  });

  test('forgets crashes after a quiet minute', () => {
    expect(plan({ restarts: 3 }, [running])).toEqual([{ kind: 'settle', id: 'i-1' }]);
    expect(plan({ restarts: 3 }, [{ ...running, startedAt: 990_000 }])).toEqual([]);
  });

  test('stops a draining instance when its calls are done, or at the limit, not before', () => {
    const draining = { state: 'draining' as const, drain_since: 990_000 };

    expect(plan(draining, [running])).toEqual([]);
    expect(plan(draining, [running], { isDrained: () => true })).toEqual([{ kind: 'stop', id: 'i-1' }]);
    expect(plan({ ...draining, drain_since: 970_000 }, [running])).toEqual([{ kind: 'stop', id: 'i-1' }]);
  });

  test('goes on removing what is to be removed, whatever the target shows', () => {
    expect(plan({ state: 'removing' }, undefined)).toEqual([{ kind: 'remove', id: 'i-1' }]);
  });
});

test('restartDelayMs starts at once, then doubles to a minute', () => {
  expect([0, 1, 2, 3, 7, 50].map(restartDelayMs)).toEqual([0, 1_000, 2_000, 4_000, 60_000, 60_000]);
});
