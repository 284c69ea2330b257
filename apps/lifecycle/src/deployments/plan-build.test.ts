import type { NativePlan } from '@racetrack-platform/contracts';
import { expect, test } from 'vitest';
import type { SetJobType } from '../plugins/set/plugin-set.ts';
import { planBuild } from './plan-build.ts';

const PLAN: NativePlan = {
  environment: { inputs: {}, files: [], expiresAfterMs: null, steps: [] },
  requiredFiles: [],
  steps: [],
  run: { command: ['true'], env: {} },
};

test.each([
  ['bundled', null, true],
  ['folder', null, true],
  ['installed', { isPinned: true }, true],
  ['installed', { isPinned: false }, false],
])(
  'whether root may read what a plan names: of a plugin that is %s, %o',
  async (origin, installed, expected) => {
    const jobType = { fullName: 'toy:1', digest: null, pluginDir: '/x', provider: { origin, installed } };
    const host = {
      jobTypes: () => [jobType as unknown as SetJobType],
      planNative: async () => await Promise.resolve(PLAN),
      reserve: () => ({ [Symbol.dispose]() {} }),
    };

    using planned = await planBuild(host, 'toy:1', {} as never, AbortSignal.timeout(1_000));

    expect(planned.trustsHostPaths).toBe(expected);
  },
);
