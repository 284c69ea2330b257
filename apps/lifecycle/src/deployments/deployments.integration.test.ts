import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildLogSliceDto, DeploymentDto, JobDto } from '@racetrack-platform/contracts';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

const WORKS = toyProgram('42');

describe('POST /api/v1/deploy', () => {
  let control: TestControl;

  beforeAll(async () => {
    control = await TestControl.start();
  });

  afterAll(async () => await control[Symbol.asyncDispose]());

  test('ends as done, with the job, its commit and its build log', async () => {
    const deployment = await control.deploy(await control.commit('works', '1.0.0', WORKS));

    expect(deployment).toMatchObject({ status: 'done', step: 'done', error: null, phase: null });
    expect(deployment.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(deployment.job).toMatchObject({
      name: 'works',
      version: '1.0.0',
      status: 'running',
      deployed_by: 'admin',
    });
    const log = await control.request('GET', `/lifecycle/api/v1/deploy/${deployment.id}/build-logs?offset=0`);
    const slice = (await log.json()) as BuildLogSliceDto;
    expect(slice.complete).toBe(true);
    expect(slice.logs).toContain('Checking the program');
  });

  test.each<[string, Record<string, unknown>, number, string, RegExp]>([
    ['a manifest without a name', { name: undefined }, 400, 'MANIFEST_INVALID', /name/],
    ['a name that would be a path', { name: '../x' }, 400, 'MANIFEST_INVALID', /name/],
    ['an unknown job type', { jobtype: 'cobol:latest' }, 400, 'JOB_TYPE_UNKNOWN', /cobol:latest/],
    [
      'an unknown target',
      { infrastructure_target: 'moon' },
      400,
      'TARGET_UNAVAILABLE',
      /"moon" is unavailable/,
    ],
    [
      'a version that runs already',
      { name: 'works', version: '1.0.0' },
      409,
      'JOB_VERSION_EXISTS',
      /--force/,
    ],
  ])('refuses %s at once', async (_title, change, status, code, message) => {
    const manifest = { ...(await control.commit('refused', '1.0.0', WORKS)), ...change };

    const response = await control.request('POST', '/api/v1/deploy', { manifest });

    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code, error: expect.stringMatching(message) });
  });

  test.each([
    ['no JSON', '{', 400, 'BAD_REQUEST'],
    ['no object', '[]', 400, 'BAD_REQUEST'],
    ['no manifest', '{}', 422, 'REQUEST_INVALID'],
    [
      'a build context that is no archive',
      '{"manifest": {}, "build_context": "aGVsbG8="}',
      400,
      'BUILD_CONTEXT_INVALID',
    ],
  ])('refuses a body that is %s', async (_title, body, status, code) => {
    const response = await control.request('POST', '/api/v1/deploy', body);

    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
  });

  test('refuses who has no token, and parses nothing for them', async () => {
    const response = await control.request('POST', '/api/v1/deploy', '{', '');

    expect(response.status).toBe(401);
  });

  test.each<[string, string, RegExp]>([
    ['does not parse', '(', /building an image: [^]*Checking the program/],
    [
      'ends at its start',
      'console.log("I am lost"); process.exit(3);',
      /exit code 3[^]*Job logs:[^]*I am lost/,
    ],
  ])(
    'a program that %s fails the deployment with its own words and leaves nothing behind',
    async (_title, program, error) => {
      const before = await readdir(join(control.directory, 'data/instances'));
      const manifest = await control.commit('fails', '1.0.0', program);

      const deployment = await control.deploy(manifest);

      expect(deployment.status).toBe('failed');
      expect(deployment.error).toMatch(error);
      expect((await control.request('GET', '/api/v1/job/fails/1.0.0')).status).toBe(404);
      const log = await control.request('GET', '/api/v1/job/fails/1.0.0/build-logs');
      expect(log.status).toBe(200);
      expect(await log.text()).not.toContain('Its last lines:');
      await expect
        .poll(async () => (await readdir(join(control.directory, 'data/instances'))).length, {
          timeout: 15_000,
        })
        .toBe(before.length);
    },
  );

  test('a failed --force leaves the running version alone', async () => {
    const manifest = await control.commit('stable', '1.0.0', WORKS);
    const first = await control.deploy(manifest);
    await control.commit('stable', '1.0.0', 'process.exit(1)');

    const second = await control.deploy(manifest, { force: true });

    expect(second.status).toBe('failed');
    const job = (await (await control.request('GET', '/api/v1/job/stable/1.0.0')).json()) as JobDto;
    expect(job).toMatchObject({ status: 'running', update_time: first.job?.update_time });
  });

  test('the build log of `latest` is that of the newest attempt, also when no job came of it', async () => {
    const first = await control.commit('tried', '1.0.0', '(');
    await control.deploy(first);
    const read = async (): Promise<string> =>
      (
        (await (await control.request('GET', '/api/v1/job/tried/latest/build-logs')).json()) as {
          logs: string;
        }
      ).logs;
    expect(await read()).toContain('SyntaxError');

    await control.deploy(await control.commit('tried', '1.0.1', WORKS));
    expect(await read()).not.toContain('SyntaxError');
    await control.deploy(await control.commit('tried', '1.0.2', '('));
    expect(await read()).toContain('SyntaxError');
  });

  test('an alias cannot be deleted', async () => {
    const response = await control.request('DELETE', '/api/v1/job/works/latest');

    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: 'latest is an alias, not a version' });
  });

  test('who asks for a version that is not there is told those that are', async () => {
    const response = await control.request('GET', '/api/v1/job/works/banana');

    expect(await response.json()).toMatchObject({
      error: 'Job record not found for given name, version',
      hint: expect.stringMatching(/^works is deployed as [\d., ]+; see/),
    });
  });

  test('only one of five deployments of the same version at the same time is accepted', async () => {
    const manifest = await control.commit('twice', '1.0.0', WORKS);

    const responses = await Promise.all(
      Array.from({ length: 5 }, async () => await control.request('POST', '/api/v1/deploy', { manifest })),
    );

    expect(responses.map((response) => response.status).toSorted((left, right) => left - right)).toEqual([
      200, 409, 409, 409, 409,
    ]);
    const bodies = (await Promise.all(responses.map(async (response) => await response.json()))) as {
      id?: string;
      error?: string;
    }[];
    const ongoing = /^There's already ongoing deployment of job twice 1\.0\.0, recently updated at /;
    expect(bodies.filter(({ error = '' }) => ongoing.test(error))).toHaveLength(4);
    const id = bodies.map((body) => body.id).find((found) => found !== undefined) ?? '';
    expect((await control.waitForEnd(id)).status).toBe('done');
  });

  test('a deployment under way goes on after a restart, and the job keeps its instance', async () => {
    const slow = toyProgram('42', 'await new Promise((resolve) => setTimeout(resolve, 1500));');
    const manifest = await control.commit('slow', '1.0.0', slow);
    const response = await control.request('POST', '/api/v1/deploy', { manifest });
    const { id } = (await response.json()) as { id: string };
    await expect
      .poll(
        async () =>
          ((await (await control.request('GET', `/api/v1/deploy/${id}`)).json()) as DeploymentDto).step,
        { timeout: 15_000 },
      )
      .toBe('ready');

    await control.control?.stop();
    await control.boot();

    expect(await control.waitForEnd(id)).toMatchObject({ status: 'done', error: null });
  });

  test('deleting a job frees its instances and keeps the version claimed', async () => {
    const manifest = await control.commit('gone', '1.0.0', WORKS);
    const deployment = await control.deploy(manifest);
    const before = await readdir(join(control.directory, 'data/instances'));

    const deletion = await control.request('DELETE', '/api/v1/job/gone/1.0.0');

    expect([deletion.status, await deletion.text()]).toEqual([200, 'null']);
    expect(await readdir(join(control.directory, 'data/instances'))).toHaveLength(before.length - 1);
    const key = deployment.image_name ?? '';
    await expect
      .poll(async () => await readdir(join(control.directory, 'data/builds/artifacts')), { timeout: 10_000 })
      .not.toContain(key);
    const again = await control.request('POST', '/api/v1/deploy', { manifest });
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([
      409,
      'JOB_VERSION_RETIRED',
    ]);
  });
});
