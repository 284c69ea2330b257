import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createReplicaRepository,
  createSettingRepository,
  openStore,
  type Store,
} from '@racetrack-platform/db';
import {
  createTemporaryDirectory,
  postgresMissing,
  startPostgres,
  type PostgresServer,
} from '@racetrack-platform/testing';
import { acquireDataDirectoryLock } from '../lock/data-directory-lock.ts';
import type { DbAction } from './db-command.ts';
import { runDb } from './run-db.ts';

async function db(dataDir: string, action: DbAction, env: Record<string, string> = {}): Promise<string> {
  let out = '';
  const writeOut = (text: string): void => void (out += text);
  await runDb({ dataDir, env, version: '1.2.3', writeOut, writeErr: () => undefined }, action);
  return out;
}

/** A data directory whose store holds one setting. */
async function createFilledDirectory() {
  const directory = await createTemporaryDirectory();
  await db(directory.path, { kind: 'migrate' });
  const options = { kind: 'sqlite', path: join(directory.path, 'store', 'racetrack.db') } as const;
  const store = await openStore(options);
  await createSettingRepository(store.db).set('maintenance', 'a note');
  return {
    path: directory.path,
    store,
    [Symbol.asyncDispose]: async () => {
      await store.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** A job instance, with what it has to belong to. */
async function insertInstance(store: Store, hostId: string): Promise<void> {
  await store.db
    .insertInto('deployment')
    .values({
      id: 'd',
      job_name: 'adder',
      job_version: '1.0.0',
      status: 'done',
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
      host_id: hostId,
    })
    .execute();
}

describe('npm start -- db', () => {
  test('makes the store, and says what it did', async () => {
    await using directory = await createTemporaryDirectory();

    await expect(db(directory.path, { kind: 'status', json: false })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await db(directory.path, { kind: 'migrate' })).toContain('Applied 0001-initial');
    expect(await db(directory.path, { kind: 'migrate' })).toContain('up to date already');
    expect(await db(directory.path, { kind: 'status', json: false })).toMatch(/Schema .*up to date/);
  });

  test('exports for the owner alone, beside a running server, and never over a file', async () => {
    await using filled = await createFilledDirectory();
    const file = join(filled.path, 'export.jsonl');
    const lock = await acquireDataDirectoryLock(filled.path);
    const said = await db(filled.path, { kind: 'export', file });
    await lock.release();

    expect(said).toContain(`keep ${filled.path}/keys with it`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const text = await readFile(file, 'utf8');
    expect(text).toContain('a note');
    await expect(db(filled.path, { kind: 'export', file })).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  test('imports neither beside a running server, nor into a store in use, nor what is no export', async () => {
    await using filled = await createFilledDirectory();
    await using empty = await createTemporaryDirectory();
    const file = join(filled.path, 'export.jsonl');
    const other = join(filled.path, 'other.jsonl');
    await db(filled.path, { kind: 'export', file });
    await writeFile(other, 'hello\n');
    const into = async (path: string, from: string) => await db(path, { kind: 'import', file: from });

    const lock = await acquireDataDirectoryLock(empty.path);
    await expect(into(empty.path, file)).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
    await lock.release();
    await expect(into(filled.path, file)).rejects.toMatchObject({ code: 'STORE_NOT_EMPTY' });
    await expect(into(empty.path, other)).rejects.toMatchObject({ code: 'STORE_EXPORT_INVALID' });
    await expect(into(empty.path, join(filled.path, 'none'))).rejects.toMatchObject({ code: 'USAGE' });
    expect(await into(empty.path, file)).toContain('Imported 2 rows');
  });

  test('says that jobs stay down in another data directory, and nothing of it in their own', async () => {
    await using filled = await createFilledDirectory();
    await insertInstance(filled.store, 'host-1');
    await writeFile(join(filled.path, 'host-id'), 'host-1\n');
    const file = join(filled.path, 'export.jsonl');
    await db(filled.path, { kind: 'export', file });
    const importInto = async (hostId: string | undefined) => {
      await using directory = await createTemporaryDirectory();
      if (hostId !== undefined) await writeFile(join(directory.path, 'host-id'), `${hostId}\n`);
      return await db(directory.path, { kind: 'import', file });
    };

    for (const said of [await importInto(undefined), await importInto('host-2')]) {
      expect(said).toContain('1 job instances belong to another data directory, with the host id host-1');
      expect(said).toContain('put its host-id, keys/ and builds/ here');
    }
    expect(await importInto('host-1')).not.toContain('another data directory');
  });
});

const missing = postgresMissing();
describe.skipIf(missing !== undefined)(
  `with PostgreSQL${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    let server: PostgresServer;
    beforeAll(async () => {
      server = await startPostgres();
    });
    afterAll(async () => await server[Symbol.asyncDispose]());

    test('a store moves there and back, and its address is shown without the password', async () => {
      await using filled = await createFilledDirectory();
      await using back = await createTemporaryDirectory();
      const env = { DATABASE_URL: server.url(await server.createDatabase()) };
      const [there, again] = [join(filled.path, 'there.jsonl'), join(filled.path, 'again.jsonl')];
      await db(filled.path, { kind: 'export', file: there });
      const said = [
        await db(filled.path, { kind: 'import', file: there }, env),
        await db(filled.path, { kind: 'status', json: false }, env),
        await db(filled.path, { kind: 'export', file: again }, env),
        await db(back.path, { kind: 'import', file: again }),
      ].join('');

      expect(said).toContain(`PostgreSQL database test_1 at 127.0.0.1:${server.port}`);
      expect(said).not.toContain(server.password);
      expect(await db(back.path, { kind: 'status', json: true })).toContain('"kind": "sqlite"');
      const rowsOf = async (file: string) => (await readFile(file, 'utf8')).split('\n').slice(1, -2);
      expect(await rowsOf(again)).toEqual(await rowsOf(there));
    });

    test('is not imported into while a control process is alive somewhere', async () => {
      await using filled = await createFilledDirectory();
      const url = server.url(await server.createDatabase());
      const file = join(filled.path, 'export.jsonl');
      await db(filled.path, { kind: 'export', file });
      const store = await openStore({ kind: 'postgres', url });
      const facts = { hostId: 'h', hostname: 'box-7', pid: 42, startedAt: 1 };
      await createReplicaRepository(store.db).heartbeat('h:42', facts, Date.now(), 60_000);
      await store.close();

      await expect(db(filled.path, { kind: 'import', file }, { DATABASE_URL: url })).rejects.toThrow(
        'process 42 on box-7',
      );
      expect(await db(filled.path, { kind: 'status', json: false }, { DATABASE_URL: url })).toContain(
        'box-7, process 42',
      );
    });
  },
);
