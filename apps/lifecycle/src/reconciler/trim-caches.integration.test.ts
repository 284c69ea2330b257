import { access, mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '@racetrack-platform/db';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { collectCopies } from './collect-copies.ts';
import { createCacheTrimmer } from './trim-caches.ts';

const MEBIBYTE = 1_024 * 1_024;

describe('caches of builds', () => {
  let store: Store;
  let root: string;
  let buildsDir: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'racetrack-caches-'));
    store = await openStore({ kind: 'sqlite', path: join(root, 'store.db') });
  });
  afterAll(async () => {
    await store.close();
    await rm(root, { recursive: true });
  });
  beforeEach(async () => {
    buildsDir = await mkdtemp(join(root, 'builds-'));
  });
  afterEach(async () => {
    await store.db.deleteFrom('instance').execute();
    await store.db.deleteFrom('deployment').execute();
  });

  /** Two mebibytes, last used then; without a time it is not complete. */
  async function addEntry(path: string, usedAt?: number): Promise<string> {
    const dir = join(buildsDir, path);
    const tree = join(dir, 'tree');
    await mkdir(tree, { recursive: true });
    await writeFile(join(tree, 'content'), Buffer.alloc(2 * MEBIBYTE, 'x'));
    if (usedAt === undefined) return tree;
    await writeFile(join(dir, 'complete.json'), '{}');
    await utimes(join(dir, 'complete.json'), usedAt, usedAt);
    return tree;
  }

  async function addDeployment(
    status: 'in_progress' | 'done',
    environmentDir: string,
    pluginDir = '/p',
  ): Promise<void> {
    const spec = {
      sourceDir: '/s',
      environmentDir,
      pluginDir,
      run: { command: ['run'], env: {} },
      env: {},
    };
    await store.db
      .insertInto('deployment')
      .values({
        id: 'd',
        job_name: 'adder',
        job_version: '1.0.0',
        status,
        step: 'done',
        created_at: 1,
        updated_at: 1,
        deployed_by: 'bob',
        subject_id: 's',
        manifest_yaml: 'name: adder',
        infrastructure_target: 'process',
        job_type_version: 'python3:1.0.0',
        is_force: 0,
        no_cache: 0,
        launch_spec: JSON.stringify({ ...spec, replicas: 1, memoryMaxBytes: null, cpuMaxMillicores: null }),
        lease_epoch: 0,
        lease_expires_at: 0,
      })
      .execute();
    await store.db
      .insertInto('instance')
      .values({
        id: 'i',
        deployment_id: 'd',
        job_name: 'adder',
        job_version: '1.0.0',
        target: 'process',
        state: 'active',
        created_at: 1,
        restarts: 0,
      })
      .execute();
  }

  const list = async (): Promise<string[]> =>
    (await Promise.all(['environments', 'sources'].map(async (name) => await readdir(join(buildsDir, name)))))
      .flat()
      .sort();

  test('beyond their limit lose what was not used for the longest time, and nothing that a job needs', async () => {
    await addDeployment('done', await addEntry('environments/needed', 1_000));
    await addEntry('environments/older', 2_000);
    await addEntry('sources/old', 3_000);
    await addEntry('environments/new', 4_000);
    await addEntry('environments/in-the-making');
    const trim = createCacheTrimmer({ store, buildsDir, maxBytes: 5 * MEBIBYTE });

    expect(await trim()).toBe(2);

    expect(await list()).toEqual(['in-the-making', 'needed', 'new']);
    await access(join(buildsDir, 'environments/needed/tree/content'));
    expect(await readdir(join(buildsDir, 'trash'))).toEqual([]);
    expect(await trim()).toBe(0);
  });

  test('are left alone while a deployment is under way, within the limit, and without one', async () => {
    await addEntry('environments/old', 1_000);
    await mkdir(join(buildsDir, 'sources'));

    expect(await createCacheTrimmer({ store, buildsDir, maxBytes: null })()).toBe(0);
    expect(await createCacheTrimmer({ store, buildsDir, maxBytes: 3 * MEBIBYTE })()).toBe(0);
    await addDeployment('in_progress', '/elsewhere/tree');
    expect(await createCacheTrimmer({ store, buildsDir, maxBytes: 1 })()).toBe(0);
    expect(await list()).toEqual(['old']);
  });

  test('copies of plugins go when no job runs from them and no build may be reading them', async () => {
    for (const name of ['old', 'needed']) {
      await mkdir(join(buildsDir, 'copies', name, 'plugin'), { recursive: true });
    }
    const needed = join(buildsDir, 'copies', 'needed', 'plugin');
    await addDeployment('in_progress', '/e', needed);
    expect(await collectCopies({ store, buildsDir })).toBe(0);
    await store.db.updateTable('deployment').set({ status: 'done' }).execute();

    expect(await collectCopies({ store, buildsDir })).toBe(1);

    expect(await readdir(join(buildsDir, 'copies'))).toEqual(['needed']);
    expect(await readdir(join(buildsDir, 'trash'))).toEqual([]);
    await store.db.deleteFrom('instance').execute();
    await store.db.deleteFrom('deployment').execute();
    expect(await collectCopies({ store, buildsDir })).toBe(1);
  });
});
