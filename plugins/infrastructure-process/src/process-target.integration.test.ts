import { detectConfinement, type Feature } from '@racetrack-platform/sandbox';
import { describeInfrastructureTarget } from '@racetrack-platform/testing';
import { describe } from 'vitest';
import { createProcessTargetHarness } from './process-target-harness.ts';

const confinement = await detectConfinement();
const { accounts, namespaces, cgroup } = confinement;

/** Every level of isolation that there is, with what a machine must offer for it. */
const LEVELS: readonly { title: string; settings: Record<string, unknown>; needs: Feature[] }[] = [
  { title: 'the process target with nothing but processes', settings: { cgroups: 'off' }, needs: [] },
  { title: 'the process target with control groups', settings: {}, needs: [cgroup] },
  {
    title: 'the process target with accounts, namespaces and control groups',
    settings: { isolation: 'account' },
    needs: [accounts, namespaces, cgroup],
  },
  {
    title: 'the process target with accounts, without namespaces',
    settings: { isolation: 'account', namespaces: 'off' },
    needs: [accounts],
  },
  {
    title: 'the process target with accounts and namespaces, without control groups',
    settings: { isolation: 'account', cgroups: 'off' },
    needs: [accounts, namespaces],
  },
];

describe.each(LEVELS)('at one level of isolation', ({ title, settings, needs }) => {
  const missing = findMissing(needs);
  describe.skipIf(missing !== '')(`here${missing}`, () => {
    describeInfrastructureTarget(title, async () => await createProcessTargetHarness(settings));
  });
});

function findMissing(needs: readonly Feature[]): string {
  const missing = needs.find((feature) => !feature.isAvailable);
  return missing === undefined || missing.isAvailable ? '' : ` (skipped: ${missing.reason})`;
}
