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
