import { defineConfig } from 'vitest/config';
import { SlowestFirst } from './tools/src/suites/slowest-first.ts';

const excluded = ['**/node_modules/**', '**/.racetrack*/**', '**/.runtime/**'];

/** The default of a second is short on a machine that does other things as well. */
const patient = { poll: { timeout: 20_000 } };

/**
 * `unit` is fast and alone; `integration` uses processes, git and files; `e2e` runs the whole platform; `proof` holds
 * the long forms of what the others do briefly, for `npm run proof`.
 */
export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,plugins,apps,tools,bench}/**/*.test.ts'],
          exclude: [...excluded, '**/*.integration.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{packages,plugins,apps,tools}/**/*.integration.test.ts'],
          exclude: excluded,
          expect: patient,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          // Half of the time is waiting, so more workers than the one that two cores would get by default.
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/src/**/*.e2e.test.ts'],
          exclude: excluded,
          expect: patient,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          // One after the other: each keeps the processors busy by itself, and builds wait for whoever else wants them.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'proof',
          include: ['e2e/src/proofs/*.proof.test.ts'],
          exclude: excluded,
          testTimeout: 4 * 60 * 60 * 1_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
