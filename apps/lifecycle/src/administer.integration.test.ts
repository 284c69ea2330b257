import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EscAuthData } from '@racetrack-platform/contracts';
import { openStore } from '@racetrack-platform/db';
import { waitUntil } from '@racetrack-platform/testing';
import { administer } from './administer.ts';
import { FeedFollower } from './testing/follow-feed.ts';
import { TestControl } from './testing/start-test-control.ts';

const BOB = { username: 'bob@example.com', password: 'wombat lantern 7' };

describe('commands at the server', () => {
  let control: TestControl;

  beforeAll(async () => {
    control = await TestControl.start();
    await control.request('POST', '/api/v1/users/register', BOB);
    await control.request('POST', '/api/v1/escs', { name: 'Shop', id: 'shop' });
  });
  afterAll(async () => await control[Symbol.asyncDispose]());

  const run = async (...args: string[]): Promise<string> => {
    let out = '';
    await administer(args, { RACETRACK_DATA_DIR: control.dataDir }, (text) => (out += text));
    return out;
  };
  const login = async (body: object = BOB) => {
    const answer = await control.request('POST', '/api/v1/users/login', body, '');
    return { status: answer.status, token: ((await answer.json()) as { token?: string }).token ?? '' };
  };
  const isAccepted = async (token: string) =>
    (await control.request('GET', '/api/v1/auth/token/esc/shop', undefined, token)).status === 200;
  const tokenOfShop = async () => {
    const answer = await control.request('GET', '/api/v1/escs/shop/auth_data');
    return ((await answer.json()) as EscAuthData).tokens[0]?.token ?? '';
  };
  const keyFile = async (name: string) =>
    await readFile(join(control.dataDir, 'keys', `${name}.key`), 'utf8');

  test('a running platform and its pub follow what a command beside it has done', async () => {
    using feed = await FeedFollower.connect(join(control.dataDir, 'run', 'feed.sock'));
    await waitUntil('the first snapshot', () => feed.revision >= 0);
    const isKnown = () =>
      [...feed.records.values()].some(
        (record) => 'caller' in record && record.caller === `User ${BOB.username}`,
      );

    expect(await run('user', 'list')).toMatch(/^bob@example\.com +inactive +no +never$/m);
    expect(await run('user', 'activate', BOB.username)).toBe('bob@example.com can sign in.\n');
    await waitUntil('pub to know the user', isKnown);
    expect((await login()).status).toBe(200);
    await run('user', 'deactivate', BOB.username);
    await waitUntil('pub to forget the user', () => !isKnown());
    expect((await login()).status).toBe(401);
  });

  test('an administrator who forgot the password gets in again, and nobody can lock all out', async () => {
    await expect(run('user', 'deactivate', 'admin')).rejects.toMatchObject({ code: 'LAST_ADMINISTRATOR' });
    await expect(run('user', 'staff', 'nobody')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await run('user', 'activate', BOB.username);
    await run('user', 'staff', BOB.username);
    const said = await run('user', 'reset-password', BOB.username);
    const password = /password of bob@example\.com is (\S+) \(shown this once\)/.exec(said)?.[1] ?? '';

    expect((await login()).status).toBe(401);
    const { token } = await login({ ...BOB, password });
    expect((await control.request('GET', '/api/v1/users', undefined, token)).status).toBe(200);
    await run('user', 'no-staff', BOB.username);
    expect((await control.request('GET', '/api/v1/users', undefined, token)).status).toBe(401);
    const events = await control.request('GET', '/api/v1/audit/events');
    expect(await events.text()).toContain('(server command)');
  });

  test('a new secrets key: everything is as it was', async () => {
    const [key, token, shop] = [await keyFile('secrets'), control.token, await tokenOfShop()];
    await control.control?.stop();
    const said = await run('keys', 'rotate', 'secrets');
    await control.boot();

    expect(said).toMatch(/^Sealed \d+ texts anew/);
    expect(await keyFile('secrets')).not.toBe(key);
    expect(said).not.toContain((await keyFile('secrets')).trim());
    expect(control.token).toBe(token);
    expect(await tokenOfShop()).toBe(shop);
  });

  test('a new auth key: every former token is refused, and everybody has another', async () => {
    const [key, token, shop] = [await keyFile('auth'), control.token, await tokenOfShop()];
    await control.control?.stop();
    const said = await run('keys', 'rotate', 'auth');
    await control.boot();

    expect(said).toMatch(/^Signed \d+ tokens anew/);
    expect(await keyFile('auth')).not.toBe(key);
    expect(control.token).not.toBe(token);
    expect([await isAccepted(token), await isAccepted(control.token)]).toEqual([false, true]);
    expect(await tokenOfShop()).not.toBe(shop);
  });

  test('a value that cannot be opened ends a rotation, and nothing is changed', async () => {
    const key = await keyFile('secrets');
    await control.control?.stop();
    const store = await openStore({ kind: 'sqlite', path: join(control.dataDir, 'store', 'racetrack.db') });
    const shop = store.db.selectFrom('subject').select('id').where('esc_id', '=', 'shop');
    const { sealed } = await store.db
      .selectFrom('token')
      .select('sealed')
      .where('subject_id', '=', shop)
      .executeTakeFirstOrThrow();
    const setSealed = async (text: string) =>
      await store.db.updateTable('token').set({ sealed: text }).where('subject_id', '=', shop).execute();
    await setSealed(`${sealed.slice(0, -2)}AA`);

    await expect(run('keys', 'rotate', 'secrets')).rejects.toThrow(
      /^the sealed text of token \S+ cannot be opened$/,
    );
    expect(await keyFile('secrets')).toBe(key);
    await setSealed(sealed);
    await store.close();
    await control.boot();
    expect(await tokenOfShop()).not.toBe('');
  });
});
