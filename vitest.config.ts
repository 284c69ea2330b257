import { defineConfig } from 'vitest/config';

const excluded = ['**/node_modules/**', '**/.racetrack*/**', '**/.runtime/**'];

/** The default of a second is short on a machine that does other things as well. */
const patient = { poll: { timeout: 20_000 } };

/**
 * `unit` is fast and alone; `integration` uses processes, git and files; `e2e` runs the whole platform; `proof` holds
 * the long forms of what the others do briefly, for `npm run proof`.
 */
export default defineConfig({
  test: {
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
          // Processes and waits, so more than the one worker that two cores would get by default.
          maxWorkers: 2,
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
