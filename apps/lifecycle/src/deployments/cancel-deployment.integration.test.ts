import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { waitUntil } from '@racetrack-platform/testing';
import type { BuildLogSliceDto, DeploymentDto } from '@racetrack-platform/contracts';
import { afterEach, describe, expect, test } from 'vitest';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

const WORKS = toyProgram('42');
const HANGS = 'setInterval(() => {}, 1_000);\n';
const SLOW_BUILD = { jobtype_extra: { build: 'echo building; exec sleep 600' } };

let control: TestControl;

afterEach(async () => await control[Symbol.asyncDispose]());

async function request(manifest: Record<string, unknown>, more: object = {}): Promise<string> {
  const response = await control.request('POST', '/api/v1/deploy', { manifest, ...more });
  return ((await response.json()) as { id: string }).id;
}

async function show(id: string): Promise<DeploymentDto> {
  return (await (await control.request('GET', `/api/v1/deploy/${id}`)).json()) as DeploymentDto;
}

async function cancel(id: string, token?: string): Promise<Response> {
  return await control.request('POST', `/api/v1/deploy/${id}/cancel`, undefined, token);
}

async function waitForStep(id: string, step: string): Promise<void> {
  await waitUntil(`the step ${step}`, async () => (await show(id)).step === step);
}

async function waitForBuild(id: string): Promise<void> {
  await waitUntil('the build', async () => {
    const log = await control.request('GET', `/api/v1/deploy/${id}/build-logs`);
    return (await log.text()).includes('\\nbuilding');
  });
}

async function expectCancelled(id: string): Promise<void> {
  expect(await control.waitForEnd(id)).toMatchObject({
    status: 'failed',
    error: 'cancelled by admin',
    error_code: 'DEPLOYMENT_CANCELLED',
  });
  const log = await control.request('GET', `/api/v1/deploy/${id}/build-logs`);
  expect(((await log.json()) as BuildLogSliceDto).logs).toMatch(/(?:^|\n)cancelled by admin\n$/);
}

async function listInstances(): Promise<string[]> {
  return await readdir(join(control.dataDir, 'instances'));
}

describe('cancelling a deployment', () => {
  test('that builds ends the build and all of it, and another one can follow', async () => {
    control = await TestControl.start();
    const manifest = await control.commit('adder', '1.0.0', WORKS);
    const id = await request({ ...manifest, ...SLOW_BUILD });
    await waitForBuild(id);
    const startedAt = performance.now();

    expect((await cancel(id)).status).toBe(200);
    expect((await cancel(id)).status).toBe(200);
    await expectCancelled(id);

    expect(performance.now() - startedAt).toBeLessThan(25_000);
    expect(await readdir(join(control.dataDir, 'builds', 'workspaces'))).toEqual([]);
    expect((await control.deploy(manifest)).status).toBe('done');
    const audit = await control.request('GET', '/api/v1/audit/events?limit=10');
    const events = (await audit.json()) as { event_type: string; explanation: string }[];
    expect(events.filter(({ event_type }) => event_type === 'deployment_cancelled')).toHaveLength(1);
  });

  test('that waits ends it at once, and what was uploaded for it is gone', async () => {
    control = await TestControl.start({ RACETRACK_MAX_DEPLOYMENTS: '1' });
    const busy = await request({ ...(await control.commit('busy', '1.0.0', WORKS)), ...SLOW_BUILD });
    await waitForBuild(busy);
    const manifest = await control.commit('waiting', '1.0.0', WORKS);
    const waiting = await request(manifest, { build_context: await control.archive('waiting') });

    const answer = (await (await cancel(waiting)).json()) as DeploymentDto;

    expect(answer).toMatchObject({ status: 'failed', step: 'accepted', error: 'cancelled by admin' });
    expect(await readdir(join(control.dataDir, 'uploads'))).toEqual([]);
    await cancel(busy);
    await expectCancelled(busy);
  });

  test('that starts removes the new instances, and leaves the running ones alone', async () => {
    control = await TestControl.start();
    await control.deploy(await control.commit('adder', '1.0.0', WORKS));
    const before = await listInstances();
    const id = await request(await control.commit('adder', '1.0.1', HANGS));
    await waitForStep(id, 'ready');

    await cancel(id);
    await expectCancelled(id);

    await waitUntil('the new instance to be gone', async () => (await listInstances()).length === 1);
    expect(await listInstances()).toEqual(before);
  });

  test('that is done is refused', async () => {
    control = await TestControl.start();
    const { id } = await control.deploy(await control.commit('adder', '1.0.0', WORKS));

    const refused = await cancel(id);

    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ code: 'DEPLOYMENT_NOT_CANCELLABLE' });
    expect((await show(id)).status).toBe('done');
    expect((await cancel('nothing')).status).toBe(404);
    expect((await cancel(id, 'wrong')).status).toBe(401);
  });

  test('that was acknowledged holds, though control is killed right after', async () => {
    control = await TestControl.start({}, { isProcess: true });
    const id = await request({ ...(await control.commit('adder', '1.0.0', WORKS)), ...SLOW_BUILD });
    await waitForBuild(id);

    expect((await cancel(id)).status).toBe(200);
    await control.spawned.kill();
    await control.boot();

    await expectCancelled(id);
    expect(await readdir(join(control.dataDir, 'builds', 'artifacts'))).toEqual([]);
  });
});
