import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pino } from 'pino';
import type { AsyncJobCallDto } from '@racetrack-platform/contracts';
import { createAsyncCallRepository } from '@racetrack-platform/db';
import { withDeps } from '../http/create-app.ts';
import { openTestApp, type TestApp, type TestMethod } from '../testing/open-test-app.ts';
import { AsyncCallPurge } from './async-call-purge.ts';
import { asyncCallRoutes } from './async-call-routes.ts';

const CALL: AsyncJobCallDto = {
  id: 'call-1',
  status: 'ongoing',
  started_at: 1_700_000_000,
  ended_at: null,
  error: null,
  job_name: 'adder',
  job_version: '1.0.0',
  job_path: '/perform',
  request_method: 'POST',
  request_url: `http://pub/${'x'.repeat(2_000)}`,
  request_headers: { 'content-type': 'application/octet-stream' },
  // Every byte as a latin-1 character, and half a surrogate pair.
  request_body: `${String.fromCodePoint(...Array.from({ length: 256 }, (_, byte) => byte))}\ud800`,
  response_status_code: null,
  response_headers: null,
  response_body: '',
  attempts: 0,
  pub_instance_addr: '10.0.0.1',
  retriable_error: false,
};

describe('stored asynchronous calls', () => {
  let site: TestApp;
  let admin = '';
  const call = async (method: TestMethod, path: string, body?: unknown) =>
    await site.request(method, `/job/async/call${path}`, { token: admin, body });

  beforeAll(async () => {
    site = await openTestApp(({ store }) => ({ routes: [withDeps(asyncCallRoutes, { db: store.db })] }));
    admin = await site.access.addUser('pub', ['call_admin_api']);
  });
  afterAll(async () => await site[Symbol.asyncDispose]());

  test('come back byte by byte, and are replaced by a later one', async () => {
    expect((await call('POST', '', CALL)).text).toBe('null');
    expect((await call('GET', '/call-1')).json()).toEqual(CALL);

    const done = {
      ...CALL,
      status: 'completed',
      ended_at: 1_700_000_009,
      response_status_code: 200,
      response_headers: { a: 'b' },
      response_body: '\u0000\u00ff',
    };
    expect((await call('PUT', '/call-1', done)).status).toBe(200);
    expect((await call('GET', '/call-1')).json()).toEqual(done);
  });

  test('are refused under another id, and missed in the words of Racetrack 2.36', async () => {
    const other = await call('PUT', '/other', CALL);
    expect([other.status, other.json<{ error: string }>().error]).toEqual([400, 'invalid Call ID']);
    expect((await call('GET', '/gone')).json()).toMatchObject({
      error: 'Async job call with id "gone" was not found',
      type: 'EntityNotFound',
    });
    expect((await call('DELETE', '/gone')).json()).toMatchObject({
      error: 'AsyncJobCall record not found for given id',
    });
    expect((await call('DELETE', '/call-1')).text).toBe('null');
  });

  test('are for those with the scope call_admin_api, who are asked for it before the body is read', async () => {
    const user = await site.access.addUser('user', ['call_job']);
    expect((await site.request('POST', '/job/async/call', { token: user, body: 'no call' })).status).toBe(
      401,
    );
    expect((await call('POST', '', { ...CALL, status: 'odd' })).status).toBe(422);
  });

  test('are forgotten when they are too old', async () => {
    const { store } = site.access;
    const nowS = Math.floor(Date.now() / 1_000);
    await call('POST', '', { ...CALL, id: 'old', started_at: nowS - 100 });
    await call('POST', '', { ...CALL, id: 'young', started_at: nowS });
    const logger = pino({ level: 'silent' });
    await new AsyncCallPurge({ store, logger, outage: { isCause: () => false }, lifetimeMs: 60_000 }).run();

    const calls = createAsyncCallRepository(store.db);
    expect([await calls.find('old'), (await calls.find('young'))?.id]).toEqual([undefined, 'young']);
  });
});
