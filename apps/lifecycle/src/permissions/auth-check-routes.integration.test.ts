import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PermissionWorld } from './testing/permission-world.ts';

let world: PermissionWorld;

beforeAll(async () => {
  world = await PermissionWorld.open();
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

describe('can-call-job', () => {
  test('answers the exact job and the caller, with the forms of path that gateways use', async () => {
    await world.grant({ subject: 'user:caller', scope: 'call_job', family: 'adder' });

    for (const path of ['adder/latest', 'adder/latest/', 'adder/1.x/api/v1/perform', 'adder/1.1.0/a/']) {
      const answer = await world.canCall('caller', path);
      expect([path, answer.statusCode]).toEqual([path, 200]);
      expect(answer.json()).toMatchObject({
        job: { name: 'adder', version: '1.1.0', manifest: null, manifest_yaml: null, deployed_by: null },
        caller: 'User caller',
        remote_gateway_url: null,
        remote_gateway_token: null,
      });
    }
  });

  test('shows the manifest only to those who may read the job', async () => {
    await world.grant({ subject: 'user:pat', scope: 'call_job', job: { name: 'adder', version: '1.0.0' } });
    await world.grant({ subject: 'user:pat', scope: 'read_job', job: { name: 'adder', version: '1.0.0' } });

    expect((await world.canCall('pat', 'adder/1.0.0')).json().job.manifest.owner_email).toBe(
      'private@example.com',
    );
    expect((await world.canCall(null, 'adder/1.0.0/live')).body).not.toContain('private@example.com');
  });

  test('compares jobs, not version texts: a grant on one job opens no other of the same version', async () => {
    expect((await world.canCall('pat', 'adder/1.0.0')).statusCode).toBe(200);
    expect((await world.canCall('pat', 'primer/1.0.0')).statusCode).toBe(401);
  });

  test('needs no token for probes, and says that nobody was asked', async () => {
    expect((await world.canCall(null, 'adder/1.0.0/ready/')).json()).toMatchObject({ caller: null });
    expect((await world.canCall('nobody', 'adder/1.0.0/health')).json()).toMatchObject({ caller: null });
    expect((await world.canCall(null, 'adder/1.0.0//live')).statusCode).toBe(401);
  });

  test('refuses a path that pub and a job could read differently', async () => {
    expect((await world.canCall('caller', 'adder/1.0.0/%zz')).statusCode).toBe(400);
  });

  test('tells nobody whether a job exists but those who may see its family', async () => {
    const errorOf = async (who: string | null, path: string) => {
      const { statusCode, body } = await world.canCall(who, path);
      const { error, hint, code, type } = JSON.parse(body) as Record<string, string>;
      return { statusCode, error, hint, code, type };
    };

    expect(await errorOf(null, 'adder/1.0.0/x')).toEqual(await errorOf(null, 'ghost/1.0.0/x'));
    expect(await errorOf('nobody', 'adder/1.0.0')).toEqual(await errorOf('nobody', 'ghost/1.0.0'));
    expect(await errorOf('nobody', 'adder/1.0.0')).toMatchObject({
      statusCode: 401,
      error: 'no permission to do this operation',
      hint: expect.stringContaining('racetrack permission explain'),
      type: undefined,
    });
    expect(await errorOf('caller', 'adder/9.9.9')).toMatchObject({ statusCode: 404, code: 'JOB_NOT_FOUND' });
  });

  test('says the whole cause when asked to for debugging', async () => {
    const path = '/auth/can-call-job/adder/latest/api/v1/perform';
    const answer = await world.request('nobody', 'GET', path, undefined, { authDebug: true });

    expect(answer.json()).toMatchObject({
      error:
        'no permission to do this operation: auth subject "User nobody" does not have permission ' +
        'to access endpoint /api/v1/perform at resource "adder vlatest" with scope "call_job"',
      hint: expect.stringMatching(
        /racetrack permission grant user:nobody call_job --family adder --endpoint \/api\/v1\/perform$/,
      ),
    });
  });
});

describe('auth/allowed', () => {
  test('answers 202 and nothing, or 401', async () => {
    const yes = await world.request('caller', 'GET', '/auth/allowed/job/adder/latest/scope/call_job');
    const no = await world.request('caller', 'GET', '/auth/allowed/job/adder/latest/scope/delete_job');
    const odd = await world.request('caller', 'GET', '/auth/allowed/job/adder/latest/scope/nonsense');
    const all = await world.request('admin', 'GET', '/auth/allowed/job/adder/latest/scope/nonsense');

    expect([yes.statusCode, yes.body, no.statusCode, odd.statusCode, all.statusCode]).toEqual([
      202,
      '',
      401,
      401,
      202,
    ]);
    expect(no.json().error).toBe('no permission to do this operation');
  });

  test('compares endpoints exactly', async () => {
    await world.grant({ subject: 'user:bob', scope: 'call_job', family: 'primer', endpoint: 'api/one' });
    const ask = async (endpoint: string) =>
      (
        await world.request(
          'bob',
          'GET',
          `/auth/allowed/job_endpoint/primer/1.0.0/scope/call_job/endpoint${endpoint}`,
        )
      ).statusCode;

    expect([await ask('/api/one'), await ask('/api/one/'), await ask('/api/two'), await ask('')]).toEqual([
      202, 202, 401, 401,
    ]);
    expect(
      (await world.request('bob', 'GET', '/auth/allowed/job/primer/1.0.0/scope/call_job')).statusCode,
    ).toBe(401);
  });
});
