import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Measure } from '../figure.ts';
import { readFamilyMemory } from '../platform/process-family.ts';
import { startPlatform } from '../platform/start-platform.ts';

/** Design, section 6. */
const GOAL_MB = 300;
const BYTES_PER_MB = 1_000_000;
/** After this time what only the start needed has been used up. */
const SETTLE_MS = 3_000;

/** Memory of all processes of an idle platform without jobs. */
export const memory: Measure = {
  name: 'memory',
  title: 'memory of the whole family, idle',
  async run({ folder, report }) {
    if (process.platform !== 'linux') return { kind: 'skipped', reason: 'PSS is known on Linux only' };
    const platform = await startPlatform(path.join(folder, 'data'));
    try {
      await sleep(SETTLE_MS);
      const family = readFamilyMemory(platform.pid);
      const parts = family.map(({ name, pssBytes }) => `${name} ${(pssBytes / BYTES_PER_MB).toFixed(0)}`);
      report(parts.join(', '));
      return {
        kind: 'figures',
        figures: [
          {
            id: 'family_pss_mb',
            title: 'PSS of the process family',
            value: family.reduce((sum, { pssBytes }) => sum + pssBytes, 0) / BYTES_PER_MB,
            unit: 'MB',
            goal: GOAL_MB,
            detail: parts.join(', '),
          },
        ],
      };
    } finally {
      await platform.stop();
    }
  },
};
