import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditLogPageDto } from '@racetrack-platform/contracts';
import { grantPermission } from '../auth/grant-permission.ts';
import { withDeps } from '../http/create-app.ts';
import { openTestApp, type TestApp } from '../testing/open-test-app.ts';
import { auditLogRoutes } from './audit-log-routes.ts';
import { recordAudit } from './record-audit.ts';

describe('the whole audit log', () => {
  let site: TestApp;
  const tokens: Record<string, string> = {};
  const get = async (who: string, path: string) =>
    await site.request('GET', `/audit/${path}`, { token: tokens[who] ?? '' });
  const typesOf = async (who: string, query = ''): Promise<string[]> =>
    (await get(who, `log?${query}`)).json<AuditLogPageDto>().events.map((event) => event.event_type);

  beforeAll(async () => {
    site = await openTestApp(({ store }) => ({ routes: [withDeps(auditLogRoutes, { db: store.db })] }));
    const { access } = site;
    tokens['staff'] = await access.addUser('staff', [], { isStaff: true });
    tokens['reader'] = await access.addUser('reader', ['read_job']);
    tokens['bob'] = await access.addUser('bob');
    const bobId = await access.subjectIdOf('bob');
    await access.store.transaction(async (trx) => {
      const family = await access.tokens.ensureFamilyToken(trx, 'bob');
      tokens['family'] = family.token;
      await grantPermission(trx, { subjectId: bobId, scope: 'read_job', familyId: family.familyId });
      const event = { executor: 'staff', address: '10.0.0.1' };
      await recordAudit(trx, { ...event, eventType: 'job_deployed', jobName: 'adder', jobVersion: '1.0.0' });
      await recordAudit(trx, { ...event, eventType: 'job_deleted', jobName: 'bob', jobVersion: '2.0.0' });
      await recordAudit(trx, {
        ...event,
        eventType: 'permission_granted',
        subject: 'bob',
        properties: { scope: 'call_job' },
        before: {},
        after: { scope: 'call_job' },
      });
      await recordAudit(trx, { ...event, eventType: 'setting_changed', executor: '=1+1', properties: {} });
    });
  });
  afterAll(async () => await site[Symbol.asyncDispose]());

  test('staff see every event, with what changed and where from', async () => {
    const { events } = (await get('staff', 'log?type=permission_granted')).json<AuditLogPageDto>();

    expect(events).toEqual([
      expect.objectContaining({
        explanation: 'Permission call_job on every job granted to bob by staff',
        before: {},
        after: { scope: 'call_job' },
        address: '10.0.0.1',
      }),
    ]);
    expect(await typesOf('staff')).toHaveLength(4);
  });

  test('others see what they took part in and the jobs that they may read, without before, after and address', async () => {
    expect((await typesOf('reader')).sort()).toEqual(['job_deleted', 'job_deployed']);
    expect((await typesOf('bob')).sort()).toEqual(['job_deleted', 'permission_granted']);
    const { events } = (await get('bob', 'log')).json<AuditLogPageDto>();
    for (const event of events) expect(Object.keys(event)).not.toContain('address');
  });

  test('a job sees nothing of a user who has the same name', async () => {
    expect(await typesOf('family')).toEqual([]);
  });

  test('filters narrow, and pages neither miss nor repeat an event', async () => {
    expect(await typesOf('staff', 'job=adder')).toEqual(['job_deployed']);
    expect(await typesOf('staff', 'job=bob/9.9.9')).toEqual([]);
    expect(await typesOf('staff', 'subject=bob&actor=staff')).toEqual(['permission_granted']);
    expect(await typesOf('staff', 'to=1')).toEqual([]);
    expect(await typesOf('staff', 'from=2020-01-01T00:00:00Z')).toHaveLength(4);

    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: AuditLogPageDto = (
        await get('staff', `log?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`)
      ).json();
      seen.push(...page.events.map(({ id }) => id));
      cursor = page.next_cursor;
    }
    expect(new Set(seen).size).toBe(4);
    expect(seen).toHaveLength(4);
  });

  test('a type that there is not is refused with those that there are', async () => {
    for (const path of ['log', 'export']) {
      const answer = await get('staff', `${path}?type=bogus`);
      expect([answer.status, answer.json()]).toEqual([
        400,
        expect.objectContaining({ hint: expect.stringMatching(/job_deleted.*user_changed/) }),
      ]);
    }
  });

  test.each(['limit=0', 'limit=1001', 'from=yesterday', 'cursor=%00', 'cursor=abc'])(
    'refuses %s',
    async (query) => {
      const answer = await get('staff', `log?${query}`);
      expect([400, 422]).toContain(answer.status);
      expect(answer.json()).toHaveProperty('hint');
    },
  );

  test('staff download it as JSON lines or as CSV that no spreadsheet calculates', async () => {
    const lines = (await get('staff', 'export?actor=staff')).text.trimEnd().split('\n');
    const csv = await get('staff', 'export?format=csv');

    expect(lines.map((line) => (JSON.parse(line) as { address: string }).address)).toEqual(
      Array.from({ length: 3 }, () => '10.0.0.1'),
    );
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(csv.text.split('\r\n')).toHaveLength(6);
    expect(csv.text).toContain(`"'=1+1"`);
    expect((await get('reader', 'export')).status).toBe(401);
  });
});
