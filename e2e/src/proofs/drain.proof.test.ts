/** 50 forced redeploys at 200 calls/s with slow calls and streams beside them: not one failed call. */
import { expect, test } from 'vitest';
import { deployDrainJob, runDrainRounds } from '../support/drain-rounds.ts';
import { Platform } from '../support/platform.ts';

test('50 forced redeploys at 200 calls/s fail no call', async () => {
  await using platform = await Platform.start();
  const token = await platform.login();
  await deployDrainJob(platform);

  const outcome = await runDrainRounds(platform, token, { redeploys: 50, callsPerSecond: 200 });

  const { durationsMs } = outcome.load;
  const quantile = (share: number): string =>
    `${durationsMs[Math.floor((durationsMs.length - 1) * share)]?.toFixed(1)} ms`;
  const redeploys = [...outcome.redeployMs].sort((a, b) => a - b);
  console.log(
    `${outcome.load.calls} quick calls (p50 ${quantile(0.5)}, p99 ${quantile(0.99)}, slowest ${quantile(1)}),`,
    `beside them ${JSON.stringify(outcome.long)};`,
    `redeploys: median ${redeploys[25]?.toFixed(0)} ms, slowest ${redeploys.at(-1)?.toFixed(0)} ms;`,
    `${outcome.failures.length} failed`,
  );
  expect(outcome.failures).toEqual([]);
});
