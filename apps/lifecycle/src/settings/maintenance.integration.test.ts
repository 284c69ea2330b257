import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDeps } from '../http/create-app.ts';
import { publicEndpointRoutes } from '../permissions/public-endpoint-routes.ts';
import { pinRoutes } from '../pins/pin-routes.ts';
import { recordRoutes } from '../records/record-routes.ts';
import type { Replicas } from '../replicas/replicas.ts';
import { createLogger } from '../telemetry/logger.ts';
import { openTestApp, type TestApp } from '../testing/open-test-app.ts';
import { createMaintenanceCheck } from './maintenance.ts';
import { maintenanceRoutes } from './maintenance-routes.ts';

const TEXT = 'Racetrack is currently in maintenance mode. Please try again later.';

describe('maintenance mode', () => {
  let site: TestApp;
  let staff = '';
  let user = '';
  const set = async (body: unknown, token = staff) =>
    await site.request('PUT', '/settings/maintenance', { token, body });

  beforeAll(async () => {
    site = await openTestApp(({ store, tokens }) => ({
      checkRequest: createMaintenanceCheck(store.db),
      routes: [
        withDeps(maintenanceRoutes, { store }),
        // The paths as they are, for the check goes by them; what is behind them is never reached.
        withDeps(recordRoutes, {
          store,
          tokens,
          logger: createLogger({ level: 'silent', name: 'test' }),
          nudgeReconciler: () => {},
          host: { list: () => [], callHook: async () => undefined, targets: () => [] },
          externalPubUrl: '',
          replicas: {} as Replicas,
        }),
        withDeps(pinRoutes, { store, acknowledgements: { waitForAll: async () => true } }),
        withDeps(publicEndpointRoutes, { store }),
        async (app) => {
          app.post('/api/v1/deploy', async () => null);
          app.post('/api/v1/build', async () => null);
          app.post('/api/v1/deploy/:id/cancel', async () => null);
          app.post('/api/v1/orphans/:instance/adopt', async () => null);
          app.delete('/api/v1/orphans/:instance', async () => null);
          app.get('/api/v1/orphans', async () => null);
          app.get('/api/v1/deploy', async () => []);
          app.delete('/api/v1/job/:name/:version', async () => null);
          app.get('/api/v1/job/:name/:version', async () => null);
          app.get('/api/v1/job/async/call/:id', async () => null);
        },
      ],
    }));
    staff = await site.access.addUser('staff', [], { isStaff: true });
    user = await site.access.addUser('user', ['read_job']);
  });
  afterAll(async () => await site[Symbol.asyncDispose]());

  test('is turned on and off by staff, who can read it back', async () => {
    expect((await set({ enabled: true, message: ' Back at noon. ' })).status).toBe(200);
    expect((await site.request('GET', '/settings/maintenance', { token: staff })).json()).toEqual({
      enabled: true,
      message: 'Back at noon.',
    });
    expect((await set({ enabled: false }, user)).status).toBe(401);
    expect((await set({ enabled: 'true' })).status).toBe(422);
    expect((await set({ enabled: true, message: 'a\nb' })).status).toBe(422);
  });

  test('refuses what changes jobs before it looks at the token, with the message as hint', async () => {
    await set({ enabled: true, message: 'Back at noon.' });
    for (const [method, path] of [
      ['POST', '/deploy'],
      ['POST', '/build'],
      ['DELETE', '/job/adder/1.0.0'],
      ['GET', '/job/async/call/7'],
      ['POST', '/orphans/i-1/adopt'],
      ['DELETE', '/orphans/i-1'],
      ['POST', '/job/adder/1.0.0/promote'],
      ['DELETE', '/job/adder/pins/latest'],
      ['POST', '/job/adder/pins/latest/undo'],
      ['POST', '/records/table/registry_jobfamily'],
      ['PUT', '/records/table/registry_publicendpointrequest/id/p'],
      ['DELETE', '/records/table/registry_job/id/j'],
      ['DELETE', '/records/table/registry%5Fjob/id/j'],
      ['DELETE', '/records/table/registry_job/many'],
      ['DELETE', '/records/table/registry_trashjob/id/t'],
    ] as const) {
      const answer = await site.request(method, path, { token: 'no token at all' });
      expect([method, path, answer.status]).toEqual([method, path, 503]);
      expect(answer.json()).toMatchObject({ error: TEXT, code: 'MAINTENANCE', hint: 'Back at noon.' });
    }
    for (const [method, path] of [
      ['GET', '/deploy'],
      ['POST', '/deploy/d/cancel'],
      ['GET', '/job/adder/1.0.0'],
      ['GET', '/orphans'],
      ['GET', '/job/adder/pins'],
      ['PUT', '/job/adder/1.0.0/public-endpoints'],
      ['POST', '/records/table/registry_job/list'],
      ['POST', '/records/table/registry_job/count'],
      ['POST', '/records/table/registry_job/names'],
      ['PUT', '/records/table/auth_user/id/7'],
      ['DELETE', '/records/table/registry_setting/id/maintenance_mode'],
    ] as const) {
      expect([method, path, (await site.request(method, path)).status]).not.toEqual([method, path, 503]);
    }

    await set({ enabled: false });
    expect((await site.request('POST', '/deploy')).status).toBe(200);
  });

  test('is told to pub and written down, once for each change', async () => {
    const { store } = site.access;
    const eventsOf = async () =>
      await store.db
        .selectFrom('audit_event')
        .selectAll()
        .where('event_type', '=', 'setting_changed')
        .execute();
    const feedOf = async () =>
      (
        await store.db.selectFrom('feed_change').select('record_id').where('kind', '=', 'setting').execute()
      ).map((row) => row.record_id);
    await set({ enabled: false });
    const before = await eventsOf();
    await set({ enabled: true });
    await set({ enabled: true });
    const [event] = (await eventsOf()).slice(before.length);

    expect(await eventsOf()).toHaveLength(before.length + 1);
    expect(event).toMatchObject({ username_executor: 'staff', after_state: '{"value":true}' });
    expect(await feedOf()).toEqual(expect.arrayContaining(['maintenance_mode', 'maintenance_message']));
  });

  test('is on only when the value is exactly true', async () => {
    const { store } = site.access;
    await store.db
      .updateTable('setting')
      .set({ value: '"true"' })
      .where('name', '=', 'maintenance_mode')
      .execute();
    expect((await site.request('POST', '/deploy')).status).toBe(200);
  });
});
