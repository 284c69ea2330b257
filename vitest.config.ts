import { defineConfig } from 'vitest/config';

const excluded = ['**/node_modules/**', '**/.racetrack*/**', '**/.runtime/**'];

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
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/src/**/*.e2e.test.ts'],
          exclude: excluded,
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
