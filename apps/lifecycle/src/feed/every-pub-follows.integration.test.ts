import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JobDto, PinDto } from '@racetrack-platform/contracts';
import { waitUntil } from '@racetrack-platform/testing';
import { spawnPub, type SpawnedPub } from '../testing/spawn-pub.ts';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

const ZOE = { username: 'zoe@acme.test', password: 'mellow-River-27' };

describe('two pubs of one control', () => {
  let control: TestControl;
  let pubs: SpawnedPub[];
  let manifest: Record<string, unknown>;

  const request = async (method: string, path: string, body?: unknown) =>
    await control.request(method, `/api/v1/job/adder/${path}`, body);
  const json = async <T>(answer: Promise<Response>): Promise<T> => (await (await answer).json()) as T;
  const promote = async (version: string, pattern?: string) =>
    await request('POST', `${version}/promote`, pattern === undefined ? undefined : { pattern });
  const pins = async () => await json<PinDto[]>(request('GET', 'pins'));
  const deploy = async (version: string) => await control.deploy({ ...manifest, version });

  /** What the alias stands for at every pub, and at lifecycle. */
  async function meaning(alias: string): Promise<string[]> {
    const answers = pubs.map(async (pub) => await pub.call(`adder/${alias}/x`, control.token));
    const called = answers.map(async (answer) => await json<string>(answer));
    const shown = json<JobDto>(request('GET', alias)).then(({ version }) => version);
    return [...new Set(await Promise.all([...called, shown]))];
  }

  beforeAll(async () => {
    control = await TestControl.start();
    pubs = await Promise.all([spawnPub(control), spawnPub(control)]);
    manifest = await control.commit('adder', '1.0.0', toyProgram('process.env.JOB_VERSION'));
    await Promise.all([deploy('1.0.0'), deploy('1.1.0')]);
  });

  afterAll(async () => {
    for (const pub of pubs) await pub[Symbol.asyncDispose]();
    await control[Symbol.asyncDispose]();
  });

  beforeEach(async () => {
    for (const { pattern } of await pins()) await request('DELETE', `pins/${pattern}`);
  });

  test('a promoted version is what latest means as soon as the answer is there, until it is undone', async () => {
    const promoted = await promote('1.0.0');

    expect([promoted.status, await promoted.json()]).toEqual([
      200,
      {
        name: 'adder',
        pattern: 'latest',
        version: '1.0.0',
        previous_version: null,
        pinned_by: 'admin',
        pinned_at: expect.any(Number),
      },
    ]);
    expect(await meaning('latest')).toEqual(['1.0.0']);
    expect(await meaning('1.x')).toEqual(['1.1.0']);

    expect(await json(request('POST', 'pins/latest/undo'))).toBeNull();
    expect([await meaning('latest'), await pins()]).toEqual([['1.1.0'], []]);
  });

  test('undoing goes back to the version before, and undone again to the one after', async () => {
    await promote('1.1.0');
    await promote('1.0.0');
    const undo = async () => await json(request('POST', 'pins/latest/undo'));

    expect(await undo()).toMatchObject({ version: '1.1.0', previous_version: '1.0.0' });
    expect(await meaning('latest')).toEqual(['1.1.0']);
    expect(await undo()).toMatchObject({ version: '1.0.0' });
    expect(await meaning('latest')).toEqual(['1.0.0']);
  });

  test('a version may stand for a wildcard that it fits, and for no other', async () => {
    expect((await promote('1.0.0', '1.x')).status).toBe(200);
    expect([await meaning('1.x'), await meaning('latest')]).toEqual([['1.0.0'], ['1.1.0']]);

    const refusals = [
      await promote('1.0.0', '2.x'),
      await promote('1.0.0', 'stable'),
      await promote('1.0.0', ''),
      await request('POST', '1.0.0/promote', { patern: '1.x' }),
      await request('POST', '1.0.0/promote', '"latest"'),
      await promote('latest'),
      await promote('9.9.9'),
      await request('POST', 'pins/latest/undo'),
      await request('DELETE', 'pins/latest'),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([400, 400, 422, 422, 422, 404, 404, 404, 404]);
    for (const answer of refusals.slice(0, 2)) {
      expect(await answer.json()).toMatchObject({ code: 'BAD_REQUEST', hint: expect.any(String) });
    }
  });

  test('a higher deployment does not move a pin, and says so; a deleted version takes its pins along', async () => {
    await promote('1.0.0');
    await promote('1.0.0', '1.x');
    const deployment = await deploy('1.2.0');

    expect(deployment.job?.notice).toBe(
      '1.x is pinned to 1.0.0, latest is pinned to 1.0.0; promote to switch',
    );
    expect(await meaning('latest')).toEqual(['1.0.0']);
    const listed = await json<JobDto[]>(control.request('GET', '/api/v1/job'));
    expect(listed.find(({ version }) => version === '1.0.0')?.pinned_as).toEqual(['1.x', 'latest']);

    await promote('1.2.0');
    expect(await meaning('latest')).toEqual(['1.2.0']);
    await promote('1.2.0', '1.x');
    await promote('1.0.0', '1.x');
    expect((await request('DELETE', '1.2.0')).status).toBe(200);
    await waitUntil('the pubs to follow', async () => (await meaning('latest')).join() === '1.1.0');
    expect((await pins()).map(({ pattern }) => pattern)).toEqual(['1.x']);
    const undone = await request('POST', 'pins/1.x/undo');
    expect([undone.status, await undone.json()]).toEqual([
      409,
      expect.objectContaining({ code: 'VERSION_NOT_RUNNING', hint: expect.stringContaining('unpin') }),
    ]);
  });

  test('the audit log tells every change of a pin', async () => {
    await promote('1.0.0');
    await promote('1.1.0');
    await request('DELETE', 'pins/latest');

    const events = await json<Record<string, unknown>[]>(control.request('GET', '/api/v1/audit/events'));
    const own = events.filter(({ event_type: type }) => String(type).startsWith('version_')).slice(0, 3);
    expect(own.map((event) => [event['event_type'], event['job_version'], event['properties']])).toEqual([
      ['version_unpinned', '1.1.0', { pattern: 'latest' }],
      ['version_pinned', '1.1.0', { pattern: 'latest' }],
      ['version_pinned', '1.0.0', { pattern: 'latest' }],
    ]);
  });

  describe('and an external service', () => {
    let escId: string;
    let token: string;
    let tokenId: string;

    const api = async <T>(method: string, path: string, body?: unknown): Promise<T> =>
      await json<T>(control.request(method, `/api/v1/${path}`, body));
    const allow = async () => await api('POST', `auth/allow/esc/${escId}/job/adder/scope/call_job`);
    const grants = async () => await api<{ id: string }[]>('GET', 'permissions?subject=esc:shop');
    let admitted = 0;
    const statuses = async () => {
      const answers = await Promise.all(pubs.map(async (pub) => await pub.call('adder/1.0.0/x', token)));
      admitted += answers.filter(({ ok }) => ok).length;
      return answers.map(({ status }) => status);
    };

    beforeAll(async () => {
      ({ id: escId } = await api<{ id: string }>('POST', 'escs', { name: 'shop' }));
      const made = await api<{ id: string; token: string }>('POST', `escs/${escId}/auth_token`, {
        expiry_time: null,
      });
      ({ id: tokenId, token } = made);
      await allow();
      await api('POST', 'users/register', ZOE);
      await api('PATCH', 'users/zoe@acme.test', { is_active: true });
      await api('POST', 'permissions', { subject: 'user:zoe@acme.test', scope: 'call_job', family: 'adder' });
      // Without it the next sign-in makes another one.
      for (const { id } of await api<{ id: string }[]>('GET', 'users/zoe@acme.test/tokens')) {
        await control.request('DELETE', `/api/v1/users/zoe@acme.test/tokens/${id}`);
      }
    });

    test('a withdrawn grant is refused by both, and a new one is obeyed', async () => {
      expect(await statuses()).toEqual([200, 200]);
      const given = await grants();
      expect(given).toHaveLength(1);
      for (const { id } of given) await control.request('DELETE', `/api/v1/permissions/${id}`);
      expect(await statuses()).toEqual([401, 401]);

      await allow();
      expect(await statuses()).toEqual([200, 200]);
    });

    test.each([
      ['a further token', 'escs/ID/auth_token', { expiry_time: null }],
      ['a rotated one', 'escs/ID/rotate', {}],
      ['one of a user', 'tokens', { name: 'ci' }],
      ['the one that is made when a user signs in', 'users/login', ZOE],
    ])('%s is answered when both know it, and not before', async (_kind, path, body) => {
      const newest = async () => (await api<{ id: string }[]>('GET', 'audit/events'))[0]?.id;
      const before = await newest();
      let isAnswered = false;
      pubs[1]?.pause();
      const asked = api<{ token?: string; new_token?: { token: string } }>(
        'POST',
        path.replace('ID', escId),
        body,
      ).finally(() => (isAnswered = true));
      try {
        await waitUntil('the token to be stored', async () => (await newest()) !== before);
        // A way there and back, in which an answer that waits for nobody would have come.
        await pins();
        expect(isAnswered).toBe(false);
      } finally {
        pubs[1]?.resume();
      }
      const made = await asked;
      const text = made.new_token?.token ?? made.token ?? '';
      const answers = await Promise.all(pubs.map(async (pub) => await pub.call('adder/1.0.0/x', text)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      if (path.startsWith('escs')) admitted += answers.length;
    });

    test('it may promote, list, undo and unpin nothing', async () => {
      await promote('1.0.0');
      const refused = async (method: string, path: string) =>
        (await control.request(method, `/api/v1/job/adder/${path}`, undefined, token)).status;

      expect([
        await refused('POST', '1.1.0/promote'),
        await refused('GET', 'pins'),
        await refused('POST', 'pins/latest/undo'),
        await refused('DELETE', 'pins/latest'),
        await refused('POST', 'pins/1.x/undo'),
      ]).toEqual([401, 401, 401, 401, 401]);
      expect(await meaning('latest')).toEqual(['1.0.0']);
    });

    test('it moves an alias only between versions that it may deploy', async () => {
      const grantOn = async (version: string) =>
        await api('POST', 'permissions', {
          subject: 'esc:shop',
          scope: 'deploy_job',
          job: { name: 'adder', version },
        });
      const asShop = async (method: string, path: string) =>
        (await control.request(method, `/api/v1/job/adder/${path}`, undefined, token)).status;
      const pinned = async () => (await pins()).map(({ version }) => version);
      await grantOn('1.0.0');

      await promote('1.1.0');
      expect([await asShop('POST', '1.0.0/promote'), await pinned()]).toEqual([401, ['1.1.0']]);
      await promote('1.0.0');
      expect([await asShop('POST', 'pins/latest/undo'), await pinned()]).toEqual([401, ['1.0.0']]);

      await grantOn('1.1.0');
      expect([await asShop('POST', 'pins/latest/undo'), await pinned()]).toEqual([200, ['1.1.0']]);
      expect([await asShop('POST', '1.0.0/promote'), await pinned()]).toEqual([200, ['1.0.0']]);
    });

    test('who calls whom is told by both and added up', async () => {
      expect([...(await statuses()), ...(await statuses())]).toEqual([200, 200, 200, 200]);
      await expect.poll(() => callsOf(control, 'shop'), { timeout: 10_000 }).toBe(admitted);
    });

    test('a revoked token is refused by both', async () => {
      expect(await statuses()).toEqual([200, 200]);
      await control.request('DELETE', `/api/v1/escs/${escId}/auth_token/${tokenId}`);
      expect(await statuses()).toEqual([401, 401]);
    });
  });
});

/** How often an external service was seen calling `adder`. */
function callsOf(control: TestControl, esc: string): number {
  using database = new DatabaseSync(join(control.dataDir, 'store/racetrack.db'), { timeout: 5_000 });
  const row = database
    .prepare(
      `select calls from call_edge
       join subject on subject.id = call_edge.subject_id join esc on esc.id = subject.esc_id
       join job_family on job_family.id = call_edge.family_id
       where esc.name = ? and job_family.name = 'adder'`,
    )
    .get(esc);
  return Number(row?.['calls'] ?? 0);
}
