import { mkdir, readdir, readFile, readlink, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectStore, createMetaRepository, openSqliteStore, type Store } from '@racetrack-platform/db';
import { openKeys } from '@racetrack-platform/keys';
import {
  createTemporaryDirectory,
  postgresMissing,
  startPostgres,
  type TemporaryDirectory,
} from '@racetrack-platform/testing';
import { runBackup } from './run-backup.ts';

/** Jobs whose authors chose names and links that a backup cannot hold, or that look as if. */
const HOSTILE = ['backslash', 'link', 'long', 'bytes'];

/** Of a job type that was installed as a package. */
const INSTALLED = { environment: 'whole', upload: null, plugin: 'data/plugins/packages/c0ffee' };

describe('npm start -- backup --artifacts', () => {
  let directory: TemporaryDirectory;
  let file: string;
  let said: string;

  const inside = (path: string) => join(directory.path, path);
  const run = async (kind: 'backup' | 'restore', dataDir: string, env: Record<string, string> = {}) => {
    let out = '';
    const write = (text: string) => void (out += text);
    const deps = {
      dataDir,
      env: { RACETRACK_BACKUP_PASSPHRASE: 'correct horse battery', ...env },
      version: '1.2.3',
      writeOut: write,
      writeErr: write,
    };
    await runBackup(deps, { kind, file, passphraseFile: undefined, hasArtifacts: true });
    return out;
  };
  const put = async (path: string, text: string, mode = 0o644) => {
    await mkdir(dirname(inside(path)), { recursive: true });
    await writeFile(inside(path), text, { mode });
  };

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    file = inside('with-artifacts.backup');
    const builds = inside('data/builds');
    for (const name of ['git', 'upload', 'stale', 'installed', 'needy', ...HOSTILE]) {
      await put(`data/builds/artifacts/${name}/tree/job.py`, `# ${name}`);
      await put(`data/builds/artifacts/${name}/complete.json`, '{}');
    }
    const hostile = (name: string) => `data/builds/artifacts/${name}/tree`;
    await put(`${hostile('backslash')}/a\\b.txt`, 'kept');
    await symlink('../../../x', inside(`${hostile('link')}/l`));
    await put(`${hostile('long')}/${`${'d'.repeat(200)}/`.repeat(16)}file`, '');
    await put(`${hostile('bytes')}/\uFFFD`, '');
    await writeFile(Buffer.concat([Buffer.from(inside(`${hostile('bytes')}/`)), Buffer.from([0xff])]), '');
    for (const name of ['whole', 'foreign', 'unused']) {
      const tree = `data/builds/environments/${name}/tree`;
      await put(`${tree}/bin/tool`, `#!${builds}/environments/${name}/tree/bin/python\n`, 0o755);
      await mkdir(inside(`${tree}/lib`));
      await symlink('lib', inside(`${tree}/lib64`));
      await put(`data/builds/environments/${name}/complete.json`, '{}');
    }
    await symlink(process.execPath, inside('data/builds/environments/whole/tree/bin/python'));
    await symlink(inside('program'), inside('data/builds/environments/foreign/tree/bin/python'));
    await put('program', '', 0o755);
    await put('plugin/package.json', '{}');
    await put(`${INSTALLED.plugin}/plugin.js`, '');
    await mkdir(inside('data/store'));
    const store = await openSqliteStore(inside('data/store/racetrack.db'));
    await openKeys({ dataDir: inside('data'), meta: createMetaRepository(store.db) });
    await addJob(store, { name: 'git', environment: 'whole', upload: null }, directory.path);
    await addJob(store, { name: 'upload', environment: 'foreign', upload: 'context.tar.gz' }, directory.path);
    for (const name of HOSTILE) {
      await addJob(store, { name, environment: 'whole', upload: null }, directory.path);
    }
    await addJob(store, { ...INSTALLED, name: 'installed', run: ['job'] }, directory.path);
    await addJob(store, { ...INSTALLED, name: 'needy', run: ['${plugin}/job'] }, directory.path);
    await store.close();
    said = await run('backup', inside('data'));
    // As on another machine, which has not every program.
    await rename(inside('program'), inside('elsewhere'));
  });

  afterAll(async () => await directory[Symbol.asyncDispose]());

  test('holds what jobs run from now, and says how large it is', () => {
    expect(said).toMatch(/7 artifacts and environments \(\d+ KiB\) and the keys to \S+ \(\d+ KiB\)/);
  });

  test('leaves out what would not come back as it is, and says why', () => {
    expect(said).toContain(
      'artifacts/link, for the link "builds/artifacts/link/tree/l" leads out of it; its job',
    );
    expect(said).toMatch(/artifacts\/long, for its path \S+ is too long/);
    expect(said).toContain('artifacts/bytes, for a name in "builds/artifacts/bytes/tree" is not UTF-8');
  });

  test('puts it back with links, modes and paths of the new place, and its jobs start from it', async () => {
    const told = await run('restore', inside('third'));
    const tree = inside('third/builds/environments/whole/tree');
    const store = await openSqliteStore(inside('third/store/racetrack.db'));
    const find = async (id: string) =>
      await store.db.selectFrom('deployment').selectAll().where('id', '=', id).execute();
    const [rows, [installed]] = [await find('git'), await find('installed')];
    await store.close();

    expect(await readlink(join(tree, 'lib64'))).toBe('lib');
    expect(await readlink(join(tree, 'bin/python'))).toBe(process.execPath);
    expect((await stat(join(tree, 'lib'))).isDirectory()).toBe(true);
    expect((await stat(join(tree, 'bin/tool'))).mode & 0o777).toBe(0o755);
    expect(await readFile(join(tree, 'bin/tool'), 'utf8')).toBe(`#!${tree}/bin/python\n`);
    expect(rows[0]).toMatchObject({ status: 'in_progress', step: 'launch', artifact_key: 'git' });
    expect(JSON.parse(rows[0]?.launch_spec ?? '')).toMatchObject({ environmentDir: tree, env: { A: 'b' } });
    // An environment whose interpreter is not on this machine is of no use, and neither is what needs it.
    expect(told).toContain(`environments/foreign: it needs the program ${inside('program')}`);
    expect(JSON.parse(installed?.launch_spec ?? '')).toMatchObject({
      pluginDir: inside('third/plugins/packages/c0ffee'),
    });
    expect(told).toContain('3 jobs start from what was built of them');
    // One needs files of its plugin, which are unpacked later.
    expect(told).toContain('4 jobs are built again');
    expect(await readFile(inside('third/builds/artifacts/backslash/tree/a\\b.txt'), 'utf8')).toBe('kept');
    expect(told).toContain('deploy them again: upload 1.0.0');
    expect(await readdir(inside('third/builds'))).toEqual(['artifacts', 'environments']);
    expect(await readdir(inside('third/builds/environments'))).toEqual(['whole']);
    expect((await readdir(inside('third/builds/artifacts'))).sort()).toEqual([
      'backslash',
      'git',
      'installed',
      'needy',
      'upload',
    ]);
  });

  const missing = postgresMissing();
  test.skipIf(missing !== undefined)(`restores into PostgreSQL too ${missing ?? ''}`, async () => {
    await using postgres = await startPostgres();
    const url = postgres.url(await postgres.createDatabase());
    const told = await run('restore', inside('fourth'), { DATABASE_URL: url });
    const store = connectStore({ kind: 'postgres', url });
    const jobs = await store.db
      .selectFrom('job')
      .select(['name', 'status'])
      .where('name', 'in', ['git', 'upload'])
      .orderBy('name')
      .execute();
    await store.close();

    expect(jobs).toEqual([
      { name: 'git', status: 'lost' },
      { name: 'upload', status: 'lost' },
    ]);
    expect(told).toContain('3 jobs start from what was built of them');
    expect((await readdir(inside('fourth'))).sort()).toEqual(['builds', 'keys']);
  });
});

/** A job that runs on this host. */
async function addJob(
  { db }: Store,
  job: {
    readonly name: string;
    readonly environment: string;
    readonly upload: string | null;
    readonly plugin?: string;
    readonly run?: readonly string[];
  },
  directory: string,
): Promise<void> {
  const { name } = job;
  const builds = join(directory, 'data/builds');
  const shared = {
    manifest_yaml: `name: ${name}`,
    deployed_by: 'bob',
    infrastructure_target: 'process',
    job_type_version: 'python3:1.0.0',
    created_at: 1,
    updated_at: 1,
    error: null,
  };
  await db
    .insertInto('deployment')
    .values({
      ...shared,
      id: name,
      job_name: name,
      job_version: '1.0.0',
      status: 'done',
      step: 'done',
      phase: null,
      error_code: null,
      hint: null,
      warnings: null,
      subject_id: 's',
      is_force: 0,
      no_cache: 0,
      upload: job.upload,
      sealed_secrets: null,
      deployment_timestamp: 1,
      commit_id: job.upload === null ? 'c0ffee' : null,
      artifact_key: name,
      launch_spec: JSON.stringify({
        sourceDir: join(builds, 'artifacts', name, 'tree'),
        environmentDir: join(builds, 'environments', job.environment, 'tree'),
        pluginDir: join(directory, job.plugin ?? 'plugin'),
        run: { command: job.run ?? [] },
        env: { A: 'b' },
      }),
      lease_owner: null,
      lease_epoch: 0,
      lease_expires_at: 0,
    })
    .execute();
  await db.insertInto('job_family').values({ id: name, name }).execute();
  await db
    .insertInto('job')
    .values({
      ...shared,
      id: name,
      family_id: name,
      name,
      version: '1.0.0',
      status: 'running',
      deployment_id: name,
      notice: null,
      last_call_at: null,
    })
    .execute();
  await db
    .insertInto('instance')
    .values({
      id: name,
      deployment_id: name,
      job_name: name,
      job_version: '1.0.0',
      target: 'process',
      state: 'active',
      address: null,
      created_at: 1,
      drain_since: null,
      drain_revision: null,
      restarts: 0,
      next_restart_at: null,
      host_id: 'h',
    })
    .execute();
}
