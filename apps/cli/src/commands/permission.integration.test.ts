import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API, createServedCli, type ServedCli } from '../testing/served-cli.ts';

const GRANT = {
  id: 'p-12',
  number: 12,
  subject: 'user:alice',
  scope: 'call_job',
  family: null,
  job: { name: 'adder', version: '1.0.0' },
  endpoint: null,
  create_time: 1,
};
const DENIED = {
  subject: 'user:alice',
  scope: 'call_job',
  family: 'adder',
  job: GRANT.job,
  endpoint: null,
  allowed: false,
  rule: 'no_grant',
  reason: 'User alice may not call_job on adder v1.0.0: no grant covers it.',
  grant: null,
  missing: { subject: 'user:alice', scope: 'call_job', family: null, job: GRANT.job, endpoint: null },
  can_be_given_by: ['user:admin', 'user:root'],
  command: 'racetrack permission grant user:alice call_job --job adder/1.0.0',
};

let served: ServedCli;
let { cli, server, routes } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes } = served);
  await served.logIn();
});

afterEach(async () => await served[Symbol.asyncDispose]());

describe('permission explain', () => {
  test('says in words what is missing, who can give it, and how', async () => {
    routes[`GET ${API}/permissions/explain`] = { body: DENIED };

    const args = ['permission', 'explain', 'user:alice', 'call_job', '--job', 'adder/1.0.0'];
    expect(await cli.run(args)).toMatchObject({
      exitCode: 0,
      stdout: [
        'Denied. User alice may not call_job on adder v1.0.0: no grant covers it.',
        'Missing is one permission; it can be given by user:admin, user:root:',
        '  racetrack permission grant user:alice call_job --job adder/1.0.0',
        '',
      ].join('\n'),
    });
    expect(server.requests.at(-1)?.url).toMatch(/\?scope=call_job&subject=user%3Aalice&job=adder%2F1\.0\.0$/);
    expect(JSON.parse((await cli.run([...args, '--output', 'json'])).stdout)).toEqual(DENIED);
  });

  test('asks about oneself as me, and about a family', async () => {
    routes[`GET ${API}/permissions/explain`] = {
      body: { ...DENIED, allowed: true, reason: 'Because.', command: null, missing: null },
    };

    const result = await cli.run(['permission', 'explain', 'me', 'deploy_job', '--family', 'adder']);

    expect(result).toMatchObject({ exitCode: 0, stdout: 'Allowed. Because.\n' });
    expect(server.requests.at(-1)?.url).toMatch(/\?scope=deploy_job&job=adder$/);
  });

  test('names the scopes there are', async () => {
    const result = await cli.run(['permission', 'explain', 'me', 'call']);

    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('read_job, deploy_job');
  });
});

describe('permission grant', () => {
  test('gives what the options narrow', async () => {
    routes[`POST ${API}/permissions`] = { body: GRANT };

    const result = await cli.run(['permission', 'grant', 'user:alice', 'call_job', '--job', 'adder/1.0.0']);

    expect(result).toMatchObject({
      exitCode: 0,
      stdout: 'user:alice may call_job on adder v1.0.0 (permission 12).\n',
    });
    expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toEqual({
      subject: 'user:alice',
      scope: 'call_job',
      job: GRANT.job,
    });
  });

  test('says how to name all versions when the version is missing', async () => {
    const result = await cli.run(['permission', 'grant', 'user:alice', 'call_job', '--job', 'adder']);

    expect(result.exitCode).toBe(2);
    expect(result.stderr).toContain('--family adder');
  });
});

test('permission revoke takes a number', async () => {
  routes[`DELETE ${API}/permissions/12`] = { body: null };

  expect(await cli.run(['permission', 'revoke', '12'])).toMatchObject({
    exitCode: 0,
    stdout: 'Permission 12 is revoked.\n',
  });
});

test('permission list shows a table', async () => {
  routes[`GET ${API}/permissions`] = {
    body: [GRANT, { ...GRANT, number: 13, scope: 'read_job', job: null }],
  };

  expect((await cli.run(['permission', 'list', '--subject', 'user:alice'])).stdout).toBe(
    [
      'NUMBER   SUBJECT      SCOPE      ON          ',
      '12       user:alice   call_job   adder v1.0.0',
      '13       user:alice   read_job   everything  ',
      '',
    ].join('\n'),
  );
  expect(server.requests.at(-1)?.url).toMatch(/\?subject=user%3Aalice&limit=10000&offset=0$/);
});
