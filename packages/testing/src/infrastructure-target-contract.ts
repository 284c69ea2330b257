import type { InfrastructureTarget, LaunchRequest, ObservedInstance } from '@racetrack-platform/plugin-sdk';
import { describe, expect, test } from 'vitest';
import { collect } from './collect.ts';
import { requestJob } from './request-job.ts';
import { waitUntil } from './wait-until.ts';

/** One target to be tested, with what only its author knows. */
export interface InfrastructureTargetHarness extends AsyncDisposable {
  readonly target: InfrastructureTarget;
  /** A request that starts the test job of this package, so that it listens where the target says. */
  createRequest(overrides?: Partial<Pick<LaunchRequest, 'instanceId' | 'env' | 'resources'>>): LaunchRequest;
}

const GRACE = { gracePeriodMs: 2_000 };

/**
 * What every infrastructure target owes its callers, run against each implementation.
 *
 * @param create - makes a target without instances; disposing of it removes what is left of them.
 */
export function describeInfrastructureTarget(
  title: string,
  create: () => Promise<InfrastructureTargetHarness>,
): void {
  describe(`${title} as an InfrastructureTarget`, () => {
    describeLaunch(create);
    describeObserve(create);
    describeRemove(create);
    describeLogs(create);
  });
}

function describeLaunch(create: () => Promise<InfrastructureTargetHarness>): void {
  test('launch answers the address where the job will listen', async ({ signal }) => {
    await using harness = await create();

    const { address } = await harness.target.launch(harness.createRequest(), signal);

    expect((await requestJob(address)).startId).not.toBe('');
  });

  test('launch hands over the environment, the deployment timestamp and nothing of its own', async ({
    signal,
  }) => {
    await using harness = await create();
    const request = harness.createRequest({ env: { GREETING: '${source} "quoted" $(id)\nsecond line' } });
    process.env['RACETRACK_TEST_LEAK'] = 'leaked';

    const { address } = await harness.target.launch(request, signal);
    const { env } = await requestJob(address);
    delete process.env['RACETRACK_TEST_LEAK'];

    expect(env).toMatchObject({
      GREETING: '${source} "quoted" $(id)\nsecond line',
      JOB_DEPLOYMENT_TIMESTAMP: String(request.deploymentTimestamp),
    });
    expect(env).not.toHaveProperty('RACETRACK_TEST_LEAK');
  });

  test('launch of a running instance answers the same address and starts nothing', async ({ signal }) => {
    await using harness = await create();
    const request = harness.createRequest();
    const first = await harness.target.launch(request, signal);
    const { startId } = await requestJob(first.address);

    const second = await harness.target.launch(request, signal);

    expect(second).toEqual(first);
    expect((await requestJob(second.address)).startId).toBe(startId);
  });

  test('two launches of one instance at the same time start one job', async ({ signal }) => {
    await using harness = await create();
    const request = harness.createRequest();

    const results = await Promise.all([1, 2, 3].map(() => harness.target.launch(request, signal)));
    const answers = await Promise.all(results.map(({ address }) => requestJob(address)));

    expect(new Set(answers.map((answer) => answer.startId)).size).toBe(1);
    expect(await harness.target.observeAll(signal)).toHaveLength(1);
  });

  test('launch of an exited instance starts it again', async ({ signal }) => {
    await using harness = await create();
    const request = harness.createRequest();
    const { address } = await harness.target.launch(request, signal);
    const { startId } = await requestJob(address);
    await requestJob(address, '/exit?code=1');
    await waitForState(harness, request.instanceId, 'exited', signal);

    const again = await harness.target.launch(request, signal);

    expect((await requestJob(again.address)).startId).not.toBe(startId);
    expect(await waitForState(harness, request.instanceId, 'running', signal)).toMatchObject({
      exitCode: null,
      reason: null,
    });
  });

  test('launch rejects with the reason of a signal that was aborted before', async () => {
    await using harness = await create();
    const reason = new Error('the caller went away');

    await expect(harness.target.launch(harness.createRequest(), AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
  });
}

function describeObserve(create: () => Promise<InfrastructureTargetHarness>): void {
  test('observeAll answers nothing when nothing was launched', async ({ signal }) => {
    await using harness = await create();

    expect(await harness.target.observeAll(signal)).toEqual([]);
  });

  test('observeAll tells all instances with their addresses and start', async ({ signal }) => {
    await using harness = await create();
    const before = Date.now();
    const launched = [];
    for (const instanceId of ['one', 'two']) {
      const request = harness.createRequest({ instanceId });
      launched.push({ instanceId, ...(await harness.target.launch(request, signal)) });
    }

    const observed = await harness.target.observeAll(signal);

    expect(observed.toSorted((a, b) => a.instanceId.localeCompare(b.instanceId))).toMatchObject(
      launched.map(({ instanceId, address }) => {
        return { instanceId, address, state: 'running', exitCode: null, reason: null };
      }),
    );
    expect(Math.min(...observed.map(({ startedAt }) => startedAt))).toBeGreaterThanOrEqual(before - 1_000);
  });

  test('observeAll tells with which code a job exited', async ({ signal }) => {
    await using harness = await create();
    const request = harness.createRequest();
    const { address } = await harness.target.launch(request, signal);

    await requestJob(address, '/exit?code=3');

    expect(await waitForState(harness, request.instanceId, 'exited', signal)).toMatchObject({
      exitCode: 3,
      reason: 'exit code 3',
    });
  });

  test('stats tells memory and processor time of a running instance', async ({ signal }) => {
    await using harness = await create();
    const request = harness.createRequest();
    const { address } = await harness.target.launch(request, signal);
    await requestJob(address);

    const [stats] = await harness.target.stats(signal);

    expect(stats?.instanceId).toBe(request.instanceId);
    expect(stats?.memoryBytes).toBeGreaterThan(1_000_000);
    expect(stats?.cpuSeconds).toBeGreaterThanOrEqual(0);
  });
}

function describeRemove(create: () => Promise<InfrastructureTargetHarness>): void {
  test('remove resolves for an instance that does not exist', async ({ signal }) => {
    await using harness = await create();

    await expect(harness.target.remove('absent', GRACE, signal)).resolves.toBeUndefined();
  });

  test('remove ends the job and forgets the instance', async ({ signal }) => {
    await using harness = await create();
    const request = harness.createRequest();
    const { address } = await harness.target.launch(request, signal);
    await requestJob(address);

    await harness.target.remove(request.instanceId, GRACE, signal);

    expect(await harness.target.observeAll(signal)).toEqual([]);
    await expect(requestJob(address, '/', 100)).rejects.toThrow('in vain');
  });

  test('remove leaves other instances alone', async ({ signal }) => {
    await using harness = await create();
    const kept = await harness.target.launch(harness.createRequest({ instanceId: 'kept' }), signal);
    await harness.target.launch(harness.createRequest({ instanceId: 'removed' }), signal);
    const { startId } = await requestJob(kept.address);

    await harness.target.remove('removed', GRACE, signal);

    expect((await requestJob(kept.address)).startId).toBe(startId);
  });

  test('remove ends a job that ignores SIGTERM once the grace period is over', async ({ signal }) => {
    await using harness = await create();
    const request = harness.createRequest({ env: { STUBBORN: 'yes' } });
    const { address } = await harness.target.launch(request, signal);
    await requestJob(address);

    await harness.target.remove(request.instanceId, { gracePeriodMs: 200 }, signal);

    await expect(requestJob(address, '/', 100)).rejects.toThrow('in vain');
  });

  test('remove twice at the same time resolves both times', async ({ signal }) => {
    await using harness = await create();
    const request = harness.createRequest();
    await requestJob((await harness.target.launch(request, signal)).address);

    await Promise.all([1, 2].map(() => harness.target.remove(request.instanceId, GRACE, signal)));

    expect(await harness.target.observeAll(signal)).toEqual([]);
  });
}

function describeLogs(create: () => Promise<InfrastructureTargetHarness>): void {
  test('logs tells all lines, or the last ones', async ({ signal }) => {
    await using harness = await create();
    const { instanceId } = await launchAndPrint(harness, ['first', 'second', 'third'], signal);

    const all = await collect(harness.target.logs(instanceId, { tail: null, follow: false }, signal));
    const last = await collect(harness.target.logs(instanceId, { tail: 2, follow: false }, signal));

    expect(all).toEqual(['listening', 'first', 'second', 'third']);
    expect(last).toEqual(['second', 'third']);
  });

  test('logs follows what is written later until the signal is aborted', async ({ signal }) => {
    await using harness = await create();
    const { instanceId, address } = await launchAndPrint(harness, ['before'], signal);
    const stop = new AbortController();
    const lines: string[] = [];
    const followed = (async () => {
      for await (const line of harness.target.logs(instanceId, { tail: 1, follow: true }, stop.signal)) {
        lines.push(line);
      }
    })();
    await waitUntil('the last line', () => lines.includes('before'));

    await requestJob(address, '/log?text=after');
    await waitUntil('the new line', () => lines.includes('after'));
    stop.abort(new Error('enough'));

    await expect(followed).rejects.toThrow('enough');
    expect(lines).toEqual(['before', 'after']);
  });

  test('logs rejects with NOT_FOUND for an instance that does not exist', async ({ signal }) => {
    await using harness = await create();

    await expect(
      collect(harness.target.logs('absent', { tail: 1, follow: false }, signal)),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
}

async function launchAndPrint(
  harness: InfrastructureTargetHarness,
  lines: readonly string[],
  signal: AbortSignal,
): Promise<{ instanceId: string; address: ObservedInstance['address'] }> {
  const request = harness.createRequest();
  const { address } = await harness.target.launch(request, signal);
  for (const line of lines) await requestJob(address, `/log?text=${line}`);
  return { instanceId: request.instanceId, address };
}

async function waitForState(
  { target }: InfrastructureTargetHarness,
  instanceId: string,
  state: ObservedInstance['state'],
  signal: AbortSignal,
): Promise<ObservedInstance> {
  return await waitUntil(`${instanceId} to be ${state}`, async () =>
    (await target.observeAll(signal)).find(
      (instance) => instance.instanceId === instanceId && instance.state === state,
    ),
  );
}
