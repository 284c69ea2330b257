import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ExplanationDto, PermissionDto } from '@racetrack-platform/contracts';
import { waitUntil } from '@racetrack-platform/testing';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

const PUB = fileURLToPath(new URL('../../../pub/src/main.ts', import.meta.url));

/** Answers the status that its own call to `callee` got. */
const CALLS_ANOTHER = toyProgram('response.answer').replace(
  'createServer((request, response) => {',
  `createServer(async (request, response) => {
  if (request.url.includes('/ask')) {
    const headers = { 'x-racetrack-auth': process.env.AUTH_TOKEN };
    response.answer = (await fetch(process.env.PUB_URL + '/job/callee/latest/work', { headers })).status;
  }`,
);

let control: TestControl;
let pub: ChildProcess | undefined;
let pubUrl: string;
const tokens: Record<string, string> = { nobody: '', unknown: 'not-a-token' };

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function callPub(who: string, path: string): Promise<Response> {
  const token = tokens[who] ?? '';
  return await fetch(`${pubUrl}/job/${path}`, {
    headers: token === '' ? {} : { 'x-racetrack-auth': token },
  });
}

async function grant(body: object): Promise<PermissionDto> {
  const answer = await control.request('POST', '/api/v1/permissions', body);
  expect(answer.status).toBe(200);
  return (await answer.json()) as PermissionDto;
}

/** An active user who holds nothing. */
async function addUser(name: string): Promise<void> {
  const username = `${name}@example.com`;
  const credentials = { username, password: 'newcomers-Pass-1' };
  await control.request('POST', '/api/v1/users/register', credentials);
  const database = new DatabaseSync(join(control.dataDir, 'store/racetrack.db'), { timeout: 5_000 });
  database.prepare('update "user" set is_active = 1 where username = ?').run(username);
  database.close();
  const login = await control.request('POST', '/api/v1/users/login', credentials, '');
  tokens[name] = ((await login.json()) as { token: string }).token;
  const held = await control.request('GET', `/api/v1/permissions?subject=user:${username}`);
  for (const { id } of (await held.json()) as PermissionDto[]) {
    expect((await control.request('DELETE', `/api/v1/permissions/${id}`)).status).toBe(200);
  }
}

beforeAll(async () => {
  const port = await findFreePort();
  pubUrl = `http://127.0.0.1:${port}/pub`;
  control = await TestControl.start({ RACETRACK_EXTERNAL_PUB_URL: pubUrl });
  pub = spawn(process.execPath, [PUB], {
    env: {
      ...process.env,
      RACETRACK_DATA_DIR: join(control.directory, 'pub'),
      RACETRACK_FEED: join(control.dataDir, 'run/feed.sock'),
      RACETRACK_PUB_PORT: String(port),
      RACETRACK_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await once(pub, 'message');
  tokens['admin'] = control.token;
  const callee = await control.commit('callee', '0.0.1', toyProgram('42'));
  const deployments = await Promise.all([
    control.deploy({ ...callee, public_endpoints: ['/api/v1/open'] }),
    control.deploy(await control.commit('caller', '0.0.1', CALLS_ANOTHER)),
  ]);
  expect(deployments.map(({ status, error }) => [status, error])).toEqual([
    ['done', null],
    ['done', null],
  ]);
});

afterAll(async () => {
  if (pub !== undefined && pub.exitCode === null) {
    pub.kill('SIGKILL');
    await once(pub, 'exit');
  }
  await control[Symbol.asyncDispose]();
});

test('whoever deploys a job first holds it, and may deploy the next versions', async () => {
  const answer = await control.request('GET', '/api/v1/permissions?subject=user:admin&family=callee');
  const held = ((await answer.json()) as PermissionDto[]).map(
    ({ scope, family, job }) => `${scope} ${family ?? `${job?.name}/${job?.version}`}`,
  );

  expect(held.sort()).toEqual([
    'call_job callee/0.0.1',
    'delete_job callee/0.0.1',
    'deploy_job callee',
    'deploy_job callee/0.0.1',
    'read_job callee/0.0.1',
  ]);
});

test('a job calls another one only while its family was allowed to', async () => {
  const ask = async () => await (await callPub('admin', 'caller/latest/ask')).json();
  expect(await ask()).toBe(401);

  const path = '/api/v1/auth/allow/job_family/caller/job/callee/scope/call_job';
  expect((await control.request('POST', path)).status).toBe(200);
  await waitUntil('the call being allowed', async () => (await ask()) === 200);

  const held = await control.request('GET', '/api/v1/permissions?subject=job-family:caller');
  for (const { id } of (await held.json()) as PermissionDto[]) {
    await control.request('DELETE', `/api/v1/permissions/${id}`);
  }
  await waitUntil('the call being refused', async () => (await ask()) === 401);
});

describe('lifecycle and pub', () => {
  test('allow the same calls', async () => {
    const job = { name: 'callee', version: '0.0.1' };
    const grants: Record<string, object[]> = {
      all: [{ scope: 'call_job' }],
      full: [{ scope: 'full_access', family: 'callee' }],
      family: [{ scope: 'call_job', family: 'callee' }],
      job: [{ scope: 'call_job', job }],
      endpoint: [{ scope: 'call_job', job, endpoint: '/api/v1/perform' }],
      escaped: [{ scope: 'call_job', endpoint: '/a%2Fb' }],
      other: [{ scope: 'call_job', job: { name: 'caller', version: '0.0.1' } }],
      reader: [{ scope: 'read_job' }],
      last: [{ scope: 'call_job' }],
    };
    for (const [name, bodies] of Object.entries(grants)) {
      await addUser(name);
      for (const body of bodies) await grant({ ...body, subject: `user:${name}@example.com` });
    }
    const open = { endpoint: '/api/v1/open', active: true };
    await control.request('PUT', '/api/v1/job/callee/0.0.1/public-endpoints', open);
    // Changes reach pub in their order, so this one is the last.
    await waitUntil(
      'pub knowing all',
      async () => (await callPub('nobody', `callee/0.0.1${open.endpoint}`)).status === 200,
    );

    const endpoints = [
      '',
      '/',
      '/live',
      '/live/x',
      '//live',
      '/api/v1/open',
      '/api/v1/open/below',
      '/api/v1/opener',
      '/%61pi/v1/open',
      '/api/v1/perform',
      '/api/v1/perform/',
      '/a%2Fb',
      '/a/b',
    ];
    const seen: string[] = [];
    for (const who of [...Object.keys(grants), 'nobody', 'unknown', 'admin']) {
      for (const version of ['latest', '0.0.1', '0.x', '9.9.9']) {
        for (const endpoint of version === '0.0.1' ? endpoints : ['/api/v1/perform']) {
          const path = `callee/${version}${endpoint}`;
          const asked = await control.request(
            'GET',
            `/api/v1/auth/can-call-job/${path}`,
            undefined,
            tokens[who],
          );
          const called = await callPub(who, path);
          const refusals = [asked, called].map(({ status }) => status === 401 || status === 404);
          expect([who, path, refusals[0]]).toEqual([who, path, refusals[1]]);
          if (asked.status === 200) seen.push(`${who} ${endpoint}`);
          await called.arrayBuffer();
        }
      }
    }
    // The world holds both answers for what it is about.
    expect(seen).toEqual(expect.arrayContaining(['endpoint /api/v1/perform', 'escaped /a%2Fb', 'family /']));
    expect(seen).not.toContain('endpoint /');
    expect(seen).not.toContain('escaped /a/b');
    expect(seen).not.toContain('other /');
  });
});

test('an endpoint that was approved for the family is open at its next version, and no other one', async () => {
  const open = async (version: string, path = '/api/v1/open') =>
    (await callPub('nobody', `callee/${version}${path}`)).status === 200;
  const approve = { endpoint: '/api/v1/open', active: true, for_family: true };
  const answer = await control.request('PUT', '/api/v1/job/callee/0.0.1/public-endpoints', approve);
  expect(await answer.json()).toMatchObject({ active: true, for_family: true });
  const manifest = await control.commit('callee', '0.0.2', toyProgram('42'));

  await control.deploy({ ...manifest, public_endpoints: ['api/v1/open/', '/api/v1'] });

  expect([await open('0.0.2'), await open('0.0.2', '/api/v1/perform')]).toEqual([true, false]);
  const query = 'subject=user:other@example.com&scope=call_job&job=callee/0.0.2&endpoint=/api/v1/open';
  const why = await control.request('GET', `/api/v1/permissions/explain?${query}`);
  expect(((await why.json()) as ExplanationDto).reason).toContain(
    'admin approved for callee and its versions to come',
  );
  const audit = await control.request('GET', '/api/v1/audit/log?type=public_endpoint_carried_over');
  expect(await audit.text()).toContain('opened as admin approved it for all its versions');

  const families = '/api/v1/public-endpoints/families';
  expect(await (await control.request('GET', families)).json()).toMatchObject([
    { family: 'callee', endpoint: '/api/v1/open', approved_by: 'admin' },
  ]);
  const gone = await control.request('DELETE', `${families}/callee?endpoint=/api/v1/open`);
  expect(gone.status).toBe(200);
  await waitUntil('pub closing it everywhere', async () => {
    return !(await open('0.0.1')) && !(await open('0.0.2'));
  });
  expect(await (await control.request('GET', families)).json()).toEqual([]);
});
