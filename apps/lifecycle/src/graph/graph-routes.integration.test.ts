import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobGraphDto, PortfolioJobDto, Scope } from '@racetrack-platform/contracts';
import { createJobRepository, createPermissionRepository } from '@racetrack-platform/db';
import { withDeps } from '../http/create-app.ts';
import { createJobService } from '../jobs/job-service.ts';
import { portfolioRoutes } from '../portfolio/portfolio-routes.ts';
import { openTestApp, type TestApp } from '../testing/open-test-app.ts';
import { graphRoutes } from './graph-routes.ts';

const externalPubUrl = 'http://pub';

describe('the graph and the portfolio', () => {
  let site: TestApp;
  const tokens: Record<string, string> = {};
  const subjects: Record<string, string> = {};
  const families: Record<string, string> = {};

  const edgesOf = async (who: string, query = '') =>
    (await site.request('GET', `/job/graph${query}`, { token: tokens[who] ?? '' })).json<JobGraphDto>();
  const arrows = ({ edges }: JobGraphDto) => edges.map((edge) => `${edge.from_id} > ${edge.to_id}`).sort();

  async function grant(
    subject: string,
    scope: Scope,
    on: { family?: string; jobId?: string } = {},
  ): Promise<void> {
    const familyId = on.family === undefined ? null : (families[on.family] ?? null);
    const permission = { subjectId: subjects[subject] ?? '', scope, familyId, jobId: on.jobId ?? null };
    await createPermissionRepository(site.access.store.db).grant(permission, 1);
  }

  async function addJob(name: string, version: string): Promise<void> {
    await createJobRepository(site.access.store.db).insert({
      id: `${name}-${version}`,
      family_id: families[name] ?? '',
      name,
      version,
      status: 'running',
      created_at: 1,
      updated_at: 1,
      manifest_yaml: 'no manifest at all: [',
      deployed_by: null,
      infrastructure_target: 'process',
      job_type_version: 'toy:1.0.0',
      deployment_id: randomUUID(),
      error: null,
      notice: null,
      last_call_at: null,
    });
  }

  async function addService(name: string): Promise<void> {
    const { db } = site.access.store;
    await db.insertInto('esc').values({ id: name, name }).execute();
    const id = randomUUID();
    await db
      .insertInto('subject')
      .values({ id, kind: 'esc', user_id: null, esc_id: name, family_id: null })
      .execute();
    subjects[name] = id;
  }

  beforeAll(async () => {
    site = await openTestApp(({ store }) => ({
      routes: [
        withDeps(graphRoutes, { db: store.db, externalPubUrl }),
        withDeps(portfolioRoutes, { jobs: createJobService({ store, externalPubUrl }) }),
      ],
    }));
    const { access } = site;
    tokens['staff'] = await access.addUser('staff', ['read_job'], { isStaff: true });
    tokens['reader'] = await access.addUser('reader');
    subjects['reader'] = await access.subjectIdOf('reader');
    for (const name of ['front', 'back', 'hidden']) {
      const { result } = await access.store.transaction(
        async (trx) => await access.tokens.ensureFamilyToken(trx, name),
      );
      families[name] = result.familyId;
      const own = access.store.db.selectFrom('subject').select('id').where('family_id', '=', result.familyId);
      subjects[name] = (await own.executeTakeFirstOrThrow()).id;
      tokens[name] = result.token;
      await addJob(name, '1.0.0');
    }
    for (const name of ['idle', 'caller']) await addService(name);
    await grant('front', 'call_job', { family: 'back' });
    await grant('caller', 'full_access', { jobId: 'front-1.0.0' });
    await grant('back', 'call_job', { jobId: 'hidden-1.0.0' });
    for (const family of ['front', 'back']) await grant('reader', 'read_job', { family });
  });
  afterAll(async () => await site[Symbol.asyncDispose]());

  test('shows staff everything, family grants included', async () => {
    const graph = await edgesOf('staff');

    expect(arrows(graph)).toEqual([
      'esc-caller > job-family-front',
      'job-family-back > job-family-hidden',
      'job-family-front > job-family-back',
    ]);
    expect(graph.nodes).toContainEqual({
      id: 'esc-idle',
      type: 'esc',
      title: 'idle',
      subtitle: 'ESC:\nidle',
    });
    expect(graph.nodes).toContainEqual({
      id: 'job-family-front',
      type: 'job-family',
      title: 'front',
      subtitle: 'Job Family: front\nJobs:\n- front v1.0.0 - http://pub/job/front/1.0.0',
    });
    expect(Object.keys(graph.edges[0] ?? {})).toEqual(['from_id', 'to_id']);
  });

  test('shows others only families that they may read, and the services connected to them', async () => {
    const graph = await edgesOf('reader');

    expect(graph.nodes.map(({ id }) => id)).toEqual(['esc-caller', 'job-family-back', 'job-family-front']);
    expect(arrows(graph)).toEqual(['esc-caller > job-family-front', 'job-family-front > job-family-back']);
    expect((await site.request('GET', '/job/graph', { token: tokens['front'] ?? '' })).status).toBe(401);
  });

  test('tells permitted from observed calls when asked', async () => {
    await site.access.store.db
      .insertInto('call_edge')
      .values([
        {
          subject_id: subjects['front'] ?? '',
          family_id: families['back'] ?? '',
          calls: 3,
          last_call_at: 5_000,
        },
        {
          subject_id: subjects['idle'] ?? '',
          family_id: families['back'] ?? '',
          calls: 1,
          last_call_at: 9_000,
        },
      ])
      .execute();
    const { edges } = await edgesOf('reader', '?observed=true');

    expect(edges).toContainEqual({
      from_id: 'job-family-front',
      to_id: 'job-family-back',
      permitted: true,
      observed: true,
      calls: 3,
      last_call_time: 5,
    });
    expect(edges).toContainEqual(
      expect.objectContaining({ from_id: 'esc-idle', permitted: false, observed: true }),
    );
    expect(edges).toContainEqual(
      expect.objectContaining({ from_id: 'esc-caller', permitted: true, observed: false, calls: 0 }),
    );
  });

  test('the portfolio rates the jobs that one may read', async () => {
    const jobs = (await site.request('GET', '/job/portfolio', { token: tokens['reader'] ?? '' })).json<
      PortfolioJobDto[]
    >();

    expect(jobs.map(({ name, purge_score }) => [name, purge_score])).toEqual([
      ['back', 10],
      ['front', 10],
    ]);
  });

  test('what was drawn and rated before is not shown after a grant is gone, nor to others', async () => {
    const rated = async (who: string) =>
      (await site.request('GET', '/job/portfolio', { token: tokens[who] ?? '' }))
        .json<PortfolioJobDto[]>()
        .map(({ name }) => name)
        .sort();
    for (const who of ['staff', 'reader', 'staff', 'reader']) {
      expect((await edgesOf(who)).nodes).toHaveLength(who === 'staff' ? 5 : 3);
      expect(await rated(who)).toHaveLength(who === 'staff' ? 3 : 2);
    }
    const { db } = site.access.store;
    const revoke = async (subject: string): Promise<void> =>
      void (await db
        .deleteFrom('permission')
        .where('subject_id', '=', subjects[subject] ?? '')
        .execute());

    await revoke('front');
    expect(arrows(await edgesOf('staff'))).not.toContain('job-family-front > job-family-back');
    expect(arrows(await edgesOf('reader'))).not.toContain('job-family-front > job-family-back');

    await db.deleteFrom('job').where('name', '=', 'back').execute();
    expect((await edgesOf('staff')).nodes.map(({ id }) => id)).not.toContain('job-family-back');
    expect(await rated('staff')).toEqual(['front', 'hidden']);

    await revoke('reader');
    expect((await site.request('GET', '/job/graph', { token: tokens['reader'] ?? '' })).status).toBe(401);
    expect((await site.request('GET', '/job/portfolio', { token: tokens['reader'] ?? '' })).status).toBe(401);
  });
});
