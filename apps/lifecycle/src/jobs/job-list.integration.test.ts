import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobDto } from '@racetrack-platform/contracts';
import {
  createInstanceRepository,
  createJobRepository,
  createPermissionRepository,
  createPinRepository,
  openStore,
  type Store,
  type StoreOptions,
} from '@racetrack-platform/db';
import { createTemporaryDirectory, postgresMissing, startPostgres } from '@racetrack-platform/testing';
import { actorOf } from '../auth/actor.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { deleteJob } from './delete-job.ts';
import type { ListedJob } from './job-listing.ts';
import { createJobService, type JobService } from './job-service.ts';

const externalPubUrl = 'http://pub';
const READS_ALL: AuthenticatedSubject = {
  subjectId: 'admin',
  kind: 'user',
  name: 'admin',
  caller: 'User admin',
  isStaff: true,
  permissions: [{ scope: 'read_job', family: null, jobId: null, endpoint: null }],
  tokenId: 't',
};

function manifestOf(version: string, owner: string): string {
  return `name: adder\nversion: ${version}\nowner_email: ${owner}\njobtype: toy:latest\ngit:\n  remote: https://git.example.com/a\n`;
}

function read({ json }: ListedJob): JobDto {
  return JSON.parse(`${Buffer.concat(json).toString()}}`) as JobDto;
}

const missing = postgresMissing();
const reason = missing === undefined ? '' : `: ${missing}`;

describe('lists of jobs (SQLite)', () => {
  testLists('SQLite');
});
describe.skipIf(missing !== undefined)(`lists of jobs (PostgreSQL)${reason}`, () => {
  testLists('PostgreSQL');
});

function testLists(kind: 'SQLite' | 'PostgreSQL'): void {
  const cleanup = new AsyncDisposableStack();
  let store: Store;
  let other: Store;
  let jobs: JobService;

  async function chooseStore(): Promise<StoreOptions> {
    if (kind === 'SQLite') {
      const directory = cleanup.use(await createTemporaryDirectory());
      return { kind: 'sqlite', path: path.join(directory.path, 'racetrack.db') };
    }
    const server = cleanup.use(await startPostgres());
    return { kind: 'postgres', url: server.url(await server.createDatabase()) };
  }

  async function open(options: StoreOptions): Promise<Store> {
    const opened = await openStore(options);
    cleanup.defer(async () => await opened.close());
    return opened;
  }

  async function addJob(version: string): Promise<void> {
    await createJobRepository(other.db).insert({
      id: `adder-${version}`,
      family_id: 'f',
      name: 'adder',
      version,
      status: 'running',
      created_at: 1_000,
      updated_at: 1_000,
      manifest_yaml: manifestOf(version, 'before@example.com'),
      deployed_by: 'admin',
      infrastructure_target: 'toy',
      job_type_version: 'toy:1.0.0',
      deployment_id: `d-${version}`,
      error: null,
      notice: null,
      last_call_at: null,
    });
  }

  async function addInstance(version: string): Promise<void> {
    await other.db
      .insertInto('deployment')
      .values({
        id: `d-${version}`,
        job_name: 'adder',
        job_version: version,
        status: 'done',
        step: 'done',
        phase: null,
        error: null,
        error_code: null,
        hint: null,
        warnings: null,
        created_at: 1,
        updated_at: 1,
        deployed_by: 'admin',
        subject_id: 'admin',
        manifest_yaml: manifestOf(version, 'before@example.com'),
        infrastructure_target: 'toy',
        job_type_version: 'toy:1.0.0',
        is_force: 0,
        no_cache: 0,
        upload: null,
        sealed_secrets: null,
        deployment_timestamp: 1,
        commit_id: null,
        artifact_key: null,
        launch_spec: null,
        lease_owner: null,
        lease_epoch: 0,
        lease_expires_at: 0,
      })
      .execute();
    await createInstanceRepository(other.db).insert({
      id: randomUUID(),
      deployment_id: `d-${version}`,
      job_name: 'adder',
      job_version: version,
      target: 'toy',
      state: 'active',
      address: null,
      created_at: 1,
      drain_since: null,
      drain_revision: null,
      restarts: 0,
      next_restart_at: null,
    });
  }

  beforeAll(async () => {
    const options = await chooseStore();
    store = await open(options);
    other = await open(options);
    jobs = createJobService({ store, externalPubUrl });
    await other.db.insertInto('job_family').values({ id: 'f', name: 'adder' }).execute();
    for (const version of ['1.0.0', '1.1.0', '2.0.0']) await addJob(version);
  });
  afterAll(async () => await cleanup.disposeAsync());

  const update =
    (change: Parameters<ReturnType<typeof createJobRepository>['update']>[1]) => async (db: Store) =>
      await createJobRepository(db.db).update('adder-1.0.0', change);
  const pin = async ({ db }: Store, jobId: string): Promise<void> =>
    await createPinRepository(db).put({
      familyId: 'f',
      pattern: 'latest',
      jobId,
      previousJobId: null,
      pinnedBy: null,
      pinnedAt: 1,
    });

  test.each<[string, (db: Store) => Promise<void>, (shown: JobDto | undefined) => unknown, unknown]>([
    [
      'a status',
      update({ status: 'lost', error: 'gone|5:' }),
      (job) => [job?.status, job?.error],
      ['lost', 'gone|5:'],
    ],
    ['an error alone', update({ error: 'gone\nand \\n' }), (job) => job?.error, 'gone\nand \\n'],
    ['a notice', update({ notice: 'mind' }), (job) => job?.notice, 'mind'],
    ['a call', update({ last_call_at: 9_000 }), (job) => job?.last_call_time, 9],
    [
      'an edited manifest',
      update({ manifest_yaml: manifestOf('1.0.0', 'after@example.com'), manifest_edited_at: 5 }),
      (job) => job?.manifest?.['owner_email'],
      'after@example.com',
    ],
    [
      'another deployment',
      update({ deployment_id: 'again', updated_at: 7_000, manifest_yaml: 'no manifest: [' }),
      (job) => [job?.image_tag, job?.update_time, job?.manifest],
      ['again', 7, null],
    ],
    ['a pin', async (db) => await pin(db, 'adder-1.0.0'), (job) => job?.pinned_as, ['latest']],
    ['a moved pin', async (db) => await pin(db, 'adder-2.0.0'), (job) => job?.pinned_as, []],
    [
      'an end',
      async ({ db }) => {
        const job = await createJobRepository(db).get('adder', '1.0.0');
        await createJobRepository(db).moveToTrash(job, { deleted_at: 1, deleted_by: null });
      },
      (job) => job,
      undefined,
    ],
    ['a new job', async () => await addJob('1.0.0'), (job) => job?.image_tag, 'd-1.0.0'],
    ['an instance', async () => await addInstance('1.0.0'), (job) => job?.replica_internal_names.length, 1],
  ])('show %s that another control has written', async (_title, change, look, expected) => {
    await jobs.list(READS_ALL);
    const known = await jobs.list(READS_ALL);
    // Nothing has changed, so nothing is made again.
    expect(await jobs.list(READS_ALL)).toBe(known);
    await change(other);
    const shown = (await jobs.list(READS_ALL)).map(read);
    const asked = await Promise.all(shown.map(async ({ version }) => await jobs.find('adder', version)));

    expect(shown).toEqual(asked);
    expect(look(shown.find(({ version }) => version === '1.0.0'))).toEqual(expected);
  });

  test('show nobody what others may read', async () => {
    const subject = { id: 's', kind: 'job_family' as const, user_id: null, esc_id: null, family_id: 'f' };
    await store.db.insertInto('subject').values(subject).execute();
    const reader = { ...READS_ALL, subjectId: 's', isStaff: false, permissions: [] };
    const permissions = createPermissionRepository(store.db);
    expect(await jobs.list(READS_ALL)).toHaveLength(3);
    expect(await jobs.list(reader)).toEqual([]);

    await permissions.grant({ subjectId: 's', scope: 'read_job', jobId: 'adder-2.0.0' }, 1);
    expect((await jobs.list(reader)).map(({ version }) => version)).toEqual(['2.0.0']);
  });

  test.each([
    ['3.0.0', 'does not', ['toy'], 100, 'removed in the background'],
    ['4.0.0', 'is out of reach', [], 600_000, 'target toy is not installed'],
  ])(
    'and deletions of %s come to an end though an instance %s',
    async (version, _title, targets, waitLimitMs, expected) => {
      await addJob(version);
      await addInstance(version);
      const warnings: string[] = [];
      const logger = {
        info: () => {},
        warn: (_facts: unknown, text?: string) => void warnings.push(text ?? ''),
      };
      const deps = {
        store,
        host: {
          list: () => [],
          callHook: async () => undefined,
          targets: () => targets.map((name) => ({ name })),
        },
        externalPubUrl: '',
        replicas: { isHostAlive: () => true },
        logger,
        nudgeReconciler: () => {},
        waitLimitMs,
      };

      const warning = await deleteJob(
        deps,
        actorOf(READS_ALL, '127.0.0.1'),
        await createJobRepository(store.db).get('adder', version),
      );

      expect(warning).toContain(expected);
      expect(warnings).toEqual([expect.stringContaining('removed in the background')]);
      expect((await jobs.list(READS_ALL)).map(read).map(({ version }) => version)).not.toContain(version);
    },
  );
}
