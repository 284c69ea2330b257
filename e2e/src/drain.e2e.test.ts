import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deployDrainJob, runDrainRounds } from './support/drain-rounds.ts';
import { Platform } from './support/platform.ts';
import { findProcesses } from './support/processes.ts';
import { post } from './support/steady-load.ts';

const DRAIN_LIMIT_SECONDS = 3;
/** After the drain limit: what the instance has between SIGTERM and SIGKILL, and the machine for the rest. */
const STOP_SECONDS = 10 + 5;

describe('draining', () => {
  let platform: Platform;
  let token: string;

  const call = async (name: string, body: Readonly<Record<string, unknown>>) =>
    await post({
      url: `${platform.endpoints.pub}/pub/job/${name}/1.0.0/api/v1/perform`,
      token,
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    platform = await Platform.start([], { RACETRACK_DRAIN_LIMIT: String(DRAIN_LIMIT_SECONDS) });
    token = await platform.login();
    for (const name of ['drain', 'patient', 'endless']) await deployDrainJob(platform, name);
  });

  afterAll(async () => await platform[Symbol.asyncDispose]());

  test('a version that is replaced under load fails no call: quick ones, slow ones, streams in both directions', async () => {
    const outcome = await runDrainRounds(platform, token, { redeploys: 8, callsPerSecond: 100 });

    expect(outcome.failures).toEqual([]);
    expect(outcome.load.calls).toBeGreaterThan(300);
    expect(Object.values(outcome.long).every((count) => count > 0)).toBe(true);
  });

  test('a deleted version finishes the calls in flight and takes no new ones', async () => {
    const inFlight = Array.from({ length: 10 }, async () => await call('patient', { seconds: 1.5 }));
    await sleep(500);

    const result = await platform.cli(['delete', 'patient', '--version', '1.0.0']);

    expect(result).toMatchObject({ code: 0 });
    expect((await Promise.all(inFlight)).map(({ status }) => status)).toEqual(inFlight.map(() => 200));
    expect((await call('patient', {})).status).toBe(404);
  });

  test('a call that lasts longer than the drain limit ends with a clear error, and holds nothing up', async () => {
    const endless = call('endless', { seconds: 120 });
    await sleep(500);
    const startedAt = performance.now();

    const result = await platform.cli(['delete', 'endless', '--version', '1.0.0']);
    const tookMs = performance.now() - startedAt;

    expect(result).toMatchObject({ code: 0 });
    expect(tookMs).toBeGreaterThan(DRAIN_LIMIT_SECONDS * 1_000);
    expect(tookMs).toBeLessThan((DRAIN_LIMIT_SECONDS + STOP_SECONDS) * 1_000);
    const answer = await endless;
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      502,
      expect.objectContaining({ code: 'UPSTREAM_UNAVAILABLE' }),
    ]);
  });

  test('a platform that is stopped finishes the calls in flight, and refuses new ones meanwhile', async () => {
    const inFlight = Array.from(
      { length: 10 },
      async () => await call('drain', { seconds: 2, size: 100_000 }),
    );
    await sleep(500);

    const stopped = platform.stop();
    const late = await sleep(500).then(async () => await call('drain', {}).catch(String));

    expect((await Promise.all(inFlight)).map(({ status }) => status)).toEqual(inFlight.map(() => 200));
    expect(late).toMatch(/ECONNREFUSED|ECONNRESET/);
    await stopped;
    expect(await findProcesses(platform.dataDir)).toEqual([]);
  });
});
