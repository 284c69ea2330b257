import path from 'node:path';
import { median, presentSpread } from '../median.ts';
import type { Measure } from '../figure.ts';
import { startPlatform } from '../platform/start-platform.ts';

/** Design, section 6. */
const GOAL_MS = 2_000;

/** From the command to "ready", each time on an empty store. */
export const timeToReady: Measure = {
  name: 'ready',
  title: 'start on an empty store until ready',
  async run({ folder, runCount, report }) {
    const times: number[] = [];
    for (let run = 0; run < runCount; run += 1) {
      const platform = await startPlatform(path.join(folder, `data-${run}`));
      await platform.stop();
      times.push(platform.readyMs);
      report(`${platform.readyMs.toFixed(0)} ms`);
    }
    return {
      kind: 'figures',
      figures: [
        {
          id: 'ready_ms',
          title: 'time to ready, empty store',
          value: median(times),
          unit: 'ms',
          goal: GOAL_MS,
          detail: `median of ${runCount}, ${presentSpread(times)}`,
        },
      ],
    };
  },
};
