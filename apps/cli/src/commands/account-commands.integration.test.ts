import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API, createServedCli, type ServedCli } from '../testing/served-cli.ts';

let served: ServedCli;
let { cli, server, routes, logIn } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
  await logIn();
});

afterEach(async () => await served[Symbol.asyncDispose]());

const bodyOf = (index: number): unknown => JSON.parse(server.requests[index]?.body ?? '');
const USER = {
  username: 'bob@example.com',
  email: null,
  is_active: true,
  is_staff: false,
  create_time: 0,
  last_login_time: null,
};
const TOKEN = {
  id: 't-1',
  name: 'ci',
  create_time: 0,
  expiry_time: null,
  active: true,
  last_use_time: null,
  is_current: false,
};
const ESC_TOKEN = { id: 't-2', token: 'esc-token', expiry_time: null, active: true, last_use_time: null };

describe('user', () => {
  test('list shows who may come in', async () => {
    routes[`GET ${API}/users`] = { body: [USER] };

    const { stdout } = await cli.run(['user', 'list']);

    expect(stdout).toMatch(/^NAME +STATE +STAFF +LAST SIGN-IN\s+bob@example\.com +active +no +never\s*$/);
  });

  test.each([
    [['activate'], { is_active: true }],
    [['deactivate'], { is_active: false }],
    [['staff'], { is_staff: true }],
    [['staff', '--revoke'], { is_staff: false }],
  ])('%j sends %j', async ([verb = '', ...options], body) => {
    routes[`PATCH ${API}/users/bob%40example.com`] = { body: USER };

    expect(await cli.run(['user', verb, 'bob@example.com', ...options])).toMatchObject({
      exitCode: 0,
      stdout: 'bob@example.com is active and no staff member\n',
    });
    expect(bodyOf(0)).toEqual(body);
  });

  test('register asks for an account without a token, and says who lets it in', async () => {
    routes[`POST ${API}/users/register`] = { body: null };

    const result = await cli.run(['user', 'register', 'eve@example.com'], {
      stdinKind: 'terminal',
      answer: 'pass word',
    });

    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('user activate eve@') });
    expect(result.prompts).toHaveLength(2);
    expect(bodyOf(0)).toEqual({ username: 'eve@example.com', password: 'pass word' });
    expect(server.requests[0]?.headers).not.toHaveProperty('x-racetrack-auth');
  });

  test('change-password reads both passwords from standard input, and never shows them', async () => {
    routes[`PUT ${API}/users/change_password`] = { body: null };

    const result = await cli.run(['user', 'change-password'], { stdin: 'former\nlatter\n' });

    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(bodyOf(0)).toEqual({ old_password: 'former', new_password: 'latter' });
    const incomplete = await cli.run(['user', 'change-password'], { stdin: 'former\n' });
    expect(incomplete.exitCode).toBe(2);
    expect(result.stdout + incomplete.stderr).not.toMatch(/former\b(?! one)|latter/);
    expect(server.requests).toHaveLength(1);
  });

  test('reset-password prints the password alone', async () => {
    routes[`POST ${API}/users/bob/reset_password`] = { body: { username: 'bob', password: 'new one' } };

    expect(await cli.run(['user', 'reset-password', 'bob'])).toMatchObject({
      exitCode: 0,
      stdout: 'new one\n',
    });
  });
});

describe('token', () => {
  test('create prints the token alone; days count from now', async () => {
    routes[`POST ${API}/tokens`] = { body: { ...TOKEN, token: 'text' } };

    expect(await cli.run(['token', 'create', 'ci', '--days', '1'])).toMatchObject({
      exitCode: 0,
      stdout: 'text\n',
    });
    const { name, expiry_time } = bodyOf(0) as { name: string; expiry_time: number };
    expect(name).toBe('ci');
    expect(Math.abs(expiry_time - Date.now() / 1_000 - 86_400)).toBeLessThan(3_600);
    expect((await cli.run(['token', 'create', 'ci', '--days', 'x'])).exitCode).toBe(2);
  });

  test('list names all, and revoke takes a name or an id', async () => {
    routes[`GET ${API}/tokens`] = { body: [{ ...TOKEN, id: 't-0', name: null, is_current: true }, TOKEN] };
    routes[`DELETE ${API}/tokens/t-1`] = { body: null };

    const { stdout } = await cli.run(['token', 'list']);
    expect(stdout).toMatch(/\(sign-in\) +t-0 +active, this one/);
    expect(await cli.run(['token', 'revoke', 'ci'])).toMatchObject({
      exitCode: 0,
      stdout: 'Revoked the token ci\n',
    });
    expect(await cli.run(['token', 'revoke', 't-1'])).toMatchObject({ exitCode: 0 });
    expect(await cli.run(['token', 'revoke', 'other'])).toMatchObject({ exitCode: 3 });
  });
});

describe('esc', () => {
  test('create prints the token alone, show prints all', async () => {
    routes[`POST ${API}/escs`] = { body: { name: 'Shop', id: 'shop' } };
    routes[`GET ${API}/escs/shop/auth_data`] = { body: { name: 'Shop', id: 'shop', tokens: [ESC_TOKEN] } };

    expect(await cli.run(['esc', 'create', 'Shop', '--id', 'shop'])).toMatchObject({ stdout: 'esc-token\n' });
    expect(bodyOf(0)).toEqual({ name: 'Shop', id: 'shop' });
    expect((await cli.run(['esc', 'show', 'shop'])).stdout).toMatch(/t-2 +active +esc-token/);
  });

  test('list, rotate and delete', async () => {
    routes[`GET ${API}/escs`] = { body: [{ name: 'Shop', id: 'shop' }] };
    routes[`POST ${API}/escs/shop/rotate`] = { body: { new_token: ESC_TOKEN, former_expiry_time: 1 } };
    routes[`DELETE ${API}/escs/shop`] = { body: null };

    expect((await cli.run(['esc', 'list'])).stdout).toMatch(/Shop +shop/);
    expect(await cli.run(['esc', 'rotate', 'shop', '--grace', '60'])).toMatchObject({
      stdout: 'esc-token\n',
    });
    expect(bodyOf(1)).toEqual({ grace_seconds: 60 });
    expect(await cli.run(['esc', 'delete', 'shop'])).toMatchObject({ exitCode: 0 });
  });
});

describe('orphan', () => {
  const ORPHAN = {
    instance: 'i-1',
    target: 'process',
    job_name: 'adder',
    job_version: '1.0.0',
    deployed_by: 'bob',
    state: 'running',
    start_time: 0,
    adoptable: false,
    reason: 'its deployment failed',
    being_removed: false,
  };

  test('list shows what is known, why it cannot be adopted, and which target was not asked', async () => {
    routes[`GET ${API}/orphans`] = { body: { orphans: [ORPHAN], unreachable_targets: ['docker'] } };

    const { stdout, stderr } = await cli.run(['orphan', 'list']);

    expect(stdout).toMatch(/i-1 +process +adder 1\.0\.0 +running +\S.*no: its deployment failed/);
    expect(stderr).toContain('docker cannot be reached');
  });

  test('adopt and remove say what became of it', async () => {
    routes[`POST ${API}/orphans/i-1/adopt`] = {
      body: { name: 'adder', version: '1.0.0', status: 'running', notice: 'redeploy it' },
    };
    routes[`DELETE ${API}/orphans/i-1`] = { body: null };

    expect((await cli.run(['orphan', 'adopt', 'i-1'])).stdout).toBe(
      'adder 1.0.0 is a job again: running. Note: redeploy it\n',
    );
    expect((await cli.run(['orphan', 'remove', 'i-1'])).stdout).toBe('Removed the instance i-1\n');
  });
});

describe('public-endpoint', () => {
  const ASKED = {
    job_name: 'adder',
    job_version: '1.2.0',
    endpoint: '/api/v1/perform',
    active: true,
    approved_by: 'admin',
    approve_time: 0,
    for_family: false,
  };

  test('list shows what is open; open acts on an exact version, close on all with --family', async () => {
    routes[`GET ${API}/public-endpoints`] = { body: [ASKED] };
    routes[`GET ${API}/job/adder/latest`] = {
      body: { name: 'adder', version: '1.2.0', status: 'running' },
    };
    routes[`PUT ${API}/job/adder/1.2.0/public-endpoints`] = { body: ASKED };
    routes[`DELETE ${API}/public-endpoints/families/adder`] = { body: null };
    const endpoint = '/api/v1/perform';

    expect((await cli.run(['public-endpoint', 'list'])).stdout).toMatch(
      /adder\/1\.2\.0 +\/api\/v1\/perform +open +admin/,
    );
    expect((await cli.run(['public-endpoint', 'open', 'adder', endpoint])).stdout).toBe(
      '/api/v1/perform of adder v1.2.0 is open to everybody.\n',
    );
    expect(bodyOf(2)).toEqual({ endpoint, active: true, for_family: false });
    expect((await cli.run(['public-endpoint', 'close', 'adder', endpoint, '--family'])).stdout).toBe(
      '/api/v1/perform of all versions of adder asks for a token again.\n',
    );
    expect(server.requests[3]?.url).toMatch(/families\/adder\?endpoint=%2Fapi%2Fv1%2Fperform$/);
    expect((await cli.run(['public-endpoint', 'open', 'a/b/c', endpoint])).exitCode).toBe(2);
  });
});

describe('keys', () => {
  const KEY = { name: 'secrets', fingerprint: '0123456789abcdef', source: 'file', made_at: 1_700_000_000 };

  test('list shows fingerprints; rotate names the key that is to go, and says what is left to do', async () => {
    routes[`GET ${API}/keys`] = { body: [KEY] };
    const key = { ...KEY, fingerprint: 'fedcba9876543210' };
    routes[`POST ${API}/keys/secrets/rotate`] = {
      body: { key, former_fingerprint: KEY.fingerprint, count: 3, advice: ['Back up the new key.'] },
    };

    expect((await cli.run(['keys', 'list'])).stdout).toMatch(
      /^KEY +FINGERPRINT +FROM +HERE SINCE\s+secrets +0123456789abcdef +file +2023-11-14\s*$/,
    );
    expect(await cli.run(['keys', 'rotate', 'secrets'])).toMatchObject({
      exitCode: 0,
      stdout: 'The secrets key is fedcba9876543210 now.\n- Back up the new key.\n',
    });
    expect(bodyOf(2)).toEqual({ fingerprint: KEY.fingerprint });
    expect((await cli.run(['keys', 'rotate', 'other'])).exitCode).toBe(2);
  });

  test('the key that signs everybody out is replaced on a terminal only after a yes', async () => {
    const asked = { isTerminal: true, stdinKind: 'terminal', answer: '' } as const;

    const { exitCode, stderr, prompts } = await cli.run(['keys', 'rotate', 'auth'], asked);

    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('nothing was replaced')]);
    expect(prompts[0]).toContain('Every token is refused');
    expect(server.requests).toHaveLength(0);
  });
});
