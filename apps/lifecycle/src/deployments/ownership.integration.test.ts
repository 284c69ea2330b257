import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeploymentDto, JobDto } from '@racetrack-platform/contracts';
import { createNewcomer } from '../testing/create-newcomer.ts';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

const WORKS = toyProgram('42');
const SLOW = toyProgram('42', 'await new Promise((resolve) => setTimeout(resolve, 1500));');

describe('who owns a name', () => {
  let control: TestControl;
  let bob: string;
  let eve: string;

  async function deployAs(
    token: string,
    manifest: Record<string, unknown>,
    more: Record<string, unknown> = {},
  ): Promise<DeploymentDto> {
    const response = await control.request('POST', '/api/v1/deploy', { manifest, ...more }, token);
    const { id, error } = (await response.json()) as { id: string; error?: string };
    if (response.status !== 200) throw new Error(`refused with ${response.status}: ${error}`);
    return await control.waitForEnd(id);
  }

  beforeAll(async () => {
    control = await TestControl.start();
    bob = await createNewcomer(control, 'bob@example.com');
    eve = await createNewcomer(control, 'eve@example.com');
  });

  afterAll(async () => await control[Symbol.asyncDispose]());

  test('a deployment under way claims its name against everybody else', async () => {
    const manifest = await control.commit('claimed', '0.0.1', SLOW);
    const first = await control.request('POST', '/api/v1/deploy', { manifest }, bob);
    const second = await control.request(
      'POST',
      '/api/v1/deploy',
      { manifest: { ...manifest, version: '0.0.2' } },
      eve,
    );

    expect([first.status, second.status]).toEqual([200, 401]);
    const { id } = (await first.json()) as { id: string };
    expect((await control.waitForEnd(id)).status).toBe('done');
  });

  test('whoever starts a family may deploy its next versions, also after deleting the first', async () => {
    expect((await deployAs(bob, await control.commit('own', '0.0.1', WORKS))).status).toBe('done');
    expect((await deployAs(bob, await control.commit('own', '0.0.2', WORKS))).status).toBe('done');
    for (const version of ['0.0.1', '0.0.2']) {
      expect((await control.request('DELETE', `/api/v1/job/own/${version}`, undefined, bob)).status).toBe(
        200,
      );
    }

    expect((await deployAs(bob, await control.commit('own', '0.0.3', WORKS))).status).toBe('done');
    await expect(deployAs(eve, await control.commit('own', '0.0.4', WORKS))).rejects.toThrow(
      'refused with 401',
    );
  });

  test("who deploys over somebody else's version gets nothing by it", async () => {
    await deployAs(bob, await control.commit('lent', '0.0.1', WORKS));
    const grant = { subject: 'user:eve@example.com', scope: 'deploy_job', family: 'lent' };
    await control.request('POST', '/api/v1/permissions', grant);

    const over = await deployAs(eve, await control.commit('lent', '0.0.1', WORKS), { force: true });
    const next = await deployAs(eve, await control.commit('lent', '0.0.2', WORKS));

    expect([over.status, next.status]).toEqual(['done', 'done']);
    const ask = async (method: string, version: string, token: string) =>
      (await control.request(method, `/api/v1/job/lent/${version}`, undefined, token)).status;
    expect(await ask('GET', '0.0.1', eve)).not.toBe(200);
    expect(await ask('DELETE', '0.0.1', eve)).not.toBe(200);
    expect([await ask('GET', '0.0.1', bob), await ask('GET', '0.0.2', eve)]).toEqual([200, 200]);
  });

  test('a first deployment that fails leaves no claim on the name, for nobody', async () => {
    const broken = await control.commit('open', '0.0.1', '(');
    expect((await deployAs(bob, broken)).status).toBe('failed');

    expect((await deployAs(eve, await control.commit('open', '0.0.1', WORKS))).status).toBe('done');
    await expect(deployAs(bob, await control.commit('open', '0.0.2', WORKS))).rejects.toThrow(
      'refused with 401',
    );
  });

  test('a job cannot be deleted while it is being deployed: the deployment would bring it back', async () => {
    await control.deploy(await control.commit('same', '0.0.1', WORKS));
    const manifest = await control.commit('same', '0.0.1', SLOW);
    const forced = await control.request('POST', '/api/v1/deploy', { manifest, force: true });

    const deletion = await control.request('DELETE', '/api/v1/job/same/0.0.1');

    expect(deletion.status).toBe(409);
    expect(await deletion.json()).toMatchObject({ code: 'DEPLOYMENT_IN_PROGRESS' });
    const { id } = (await forced.json()) as { id: string };
    expect((await control.waitForEnd(id)).status).toBe('done');
    expect((await control.request('DELETE', '/api/v1/job/same/0.0.1')).status).toBe(200);
  });

  test('credentials in the address of the repository are nowhere to be read', async () => {
    const manifest = await control.commit('leaky', '0.0.1', WORKS);
    const remote = 'https://bob:hunter2hunter2@127.0.0.1:1/repository';

    const deployment = await control.deploy({ ...manifest, git: { remote } });

    expect(deployment.status).toBe('failed');
    expect(JSON.stringify(deployment)).not.toContain('hunter2');
    expect(deployment.manifest_yaml).toContain('https://127.0.0.1:1/repository');
  });

  test.each([
    ['a manifest', '{"manifest":'],
    ['a job type extra', '{"manifest":{"jobtype_extra":'],
  ])('a body with %s nested thousands deep is refused in words', async (_title, start) => {
    const depth = 50_000;
    const body = `${start}${'['.repeat(depth)}${']'.repeat(depth)}${'}'.repeat(start.split('{').length - 1)}`;

    const response = await control.request('POST', '/api/v1/deploy', body);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('logs without a limit answer the newest lines that fit, also when a job has said very much', async () => {
    const talkative = "for (let i = 0; i < 30000; i += 1) console.log(`line ${i} ${'x'.repeat(1000)}`);";
    await control.deploy(await control.commit('talkative', '0.0.1', toyProgram('42', talkative)));

    const response = await control.request('GET', '/api/v1/job/talkative/0.0.1/logs?tail=0');
    const { logs } = (await response.json()) as { logs: string };

    expect(response.status).toBe(200);
    expect(logs.length).toBeLessThan(9_000_000);
    expect(logs).toContain('line 29999 ');
    expect((await control.request('GET', '/api/v1/job/talkative/0.0.1')).status).toBe(200);
    const job = (await (await control.request('GET', '/api/v1/job/talkative/latest')).json()) as JobDto;
    expect(job.name).toBe('talkative');
  });
});
