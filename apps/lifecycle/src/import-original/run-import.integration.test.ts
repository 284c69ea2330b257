import { readFile, stat } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectStore, openSqliteStore } from '@racetrack-platform/db';
import {
  createTemporaryDirectory,
  postgresMissing,
  startPostgres,
  type PostgresServer,
  type TemporaryDirectory,
} from '@racetrack-platform/testing';
import { createAuthenticator } from '../auth/authenticate.ts';
import { verifyPassword } from '../users/password-hash.ts';
import { runImport } from './run-import.ts';
import {
  fillOriginal,
  ORIGINAL_AUTH_KEY,
  ORIGINAL_PASSWORD,
  TOKENS,
} from './testing/original-installation.ts';

const missing = postgresMissing();
describe.skipIf(missing !== undefined).each(['SQLite', 'PostgreSQL'])(
  `npm start -- import-original into %s${missing === undefined ? '' : `: ${missing}`}`,
  (kind) => {
    let server: PostgresServer;
    let directory: TemporaryDirectory;
    let url: string;
    let report: string;

    /** Of the installation that everything is taken into; undefined: in its data directory. */
    let takenUrl: string | undefined;

    const take = async (name: string, further: Record<string, string> = {}) =>
      await runImport(
        {
          RACETRACK_DATA_DIR: join(directory.path, name),
          ...(takenUrl !== undefined && { DATABASE_URL: takenUrl }),
          IMPORT_URL: url,
          IMPORT_AUTH_KEY: ORIGINAL_AUTH_KEY,
          ...further,
        },
        Date.now(),
      );
    const openTaken = async () =>
      takenUrl === undefined
        ? await openSqliteStore(join(directory.path, 'taken/store/racetrack.db'))
        : connectStore({ kind: 'postgres', url: takenUrl });

    beforeAll(async () => {
      server = await startPostgres();
      directory = await createTemporaryDirectory();
      url = server.url(await server.createDatabase());
      const original = connectStore({ kind: 'postgres', url });
      await fillOriginal(original.db);
      await original.close();
      takenUrl = kind === 'PostgreSQL' ? server.url(await server.createDatabase()) : undefined;
      report = await take('taken');
    });

    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      await directory[Symbol.asyncDispose]();
    });

    test('a dry run says the same, and makes nothing', async () => {
      const vacant =
        takenUrl === undefined ? {} : { DATABASE_URL: server.url(await server.createDatabase()) };
      const said = await take('trial', { IMPORT_DRY_RUN: 'true', ...vacant });

      expect(existsSync(join(directory.path, 'trial'))).toBe(false);
      expect(said).toContain('Would take');
      expect(said.split('\n').slice(1)).toEqual(report.split('\n').slice(1));
    });

    test('users keep password, flags and number; tokens go on working to the letter', async () => {
      await using store = closing(await openTaken());
      const { db } = store.value;
      const users = await db.selectFrom('user').selectAll().orderBy('number').execute();
      expect(users).toMatchObject([
        {
          username: 'alice',
          number: 7,
          is_active: 1,
          is_staff: 0,
          email: 'alice@example.com',
          created_at: 1714557600250,
        },
        { username: 'Root', number: 8, is_staff: 1, is_superuser: 1 },
        { username: 'gone', number: 9, is_active: 0 },
      ]);
      expect(await verifyPassword(ORIGINAL_PASSWORD, users[0]?.password_hash)).toMatchObject({
        isCorrect: true,
      });

      const authenticator = createAuthenticator({ db, acceptedAuthKeys: [ORIGINAL_AUTH_KEY] });
      const authenticateToken = async (token: string) => await authenticator.authenticateToken(token);
      expect(await authenticateToken(TOKENS.alice)).toMatchObject({ name: 'alice', kind: 'user' });
      expect(await authenticateToken(TOKENS.esc)).toMatchObject({ name: 'shop', kind: 'esc' });
      expect(await authenticateToken(TOKENS.family)).toMatchObject({ name: 'adder', kind: 'job_family' });
      await expect(authenticateToken(TOKENS.revoked)).rejects.toThrow('revoked');
      // Of releases that did not sign them yet: the text alone counts.
      expect(await authenticateToken(TOKENS.legacy)).toMatchObject({ name: 'shop', kind: 'esc' });
      for (const name of ['foreign', 'misplaced', 'strayLegacy'] as const) {
        await expect(authenticateToken(TOKENS[name])).rejects.toMatchObject({ code: 'NOT_AUTHENTICATED' });
      }
      const keyFile = join(directory.path, 'taken/keys/auth.key');
      expect((await readFile(keyFile, 'utf8')).trim()).toBe(ORIGINAL_AUTH_KEY);
      expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    });

    test('jobs come with their manifest, ready to be redeployed, and a grant names one job', async () => {
      await using store = closing(await openTaken());
      const { db } = store.value;
      const jobs = await db.selectFrom('job').selectAll().execute();
      expect(jobs).toMatchObject([
        {
          id: 'j-1',
          name: 'adder',
          version: '1.0.0',
          status: 'lost',
          notice: expect.stringContaining('redeploy'),
        },
      ]);
      expect(jobs[0]?.manifest_yaml).toContain('git.example.com/adder');
      expect(jobs[0]?.manifest_yaml).not.toContain('git-secret');
      const deployments = await db.selectFrom('deployment').selectAll().execute();
      expect(deployments).toMatchObject([{ id: jobs[0]?.deployment_id, status: 'done' }]);
      expect(await db.selectFrom('permission').selectAll().orderBy('number').execute()).toMatchObject([
        { number: 11, scope: 'call_job', job_id: 'j-1', family_id: null, endpoint: null },
        { number: 13, scope: 'read_job', job_id: null, family_id: 'f-adder' },
        { number: 14, scope: 'call_job', job_id: 'j-1', endpoint: '/api/v1/perform' },
      ]);
      expect(await db.selectFrom('public_endpoint').select('endpoint').execute()).toHaveLength(1);
      expect(await db.selectFrom('trash_job').select('version').execute()).toEqual([{ version: '0.9.0' }]);
      expect(await db.selectFrom('setting').selectAll().execute()).toEqual([
        { name: 'original_setting', value: '{"a":[1]}' },
      ]);
      expect(
        await db.selectFrom('audit_event').select(['event_type', 'properties']).orderBy('id').execute(),
      ).toEqual([
        { event_type: 'job_deployed', properties: '{"a": 1}' },
        { event_type: 'odd', properties: '{}' },
      ]);
    });

    test('says what was left out and why, and no secret', async () => {
      for (const reason of [
        'it belongs to nobody, or to several (s-both, s-nobody)',
        'its owner does not exist (s-orphan)',
        'it is not signed with the key of this server',
        'it names another subject than the one it belongs to (t-misplaced, t-strayLegacy)',
        'it has no manifest (adder 2.0.0)',
        'its manifest is not valid here',
        'there is no scope "fly" (15)',
        'its job was not taken (17)',
        'so that it grants nothing (18)',
        'the password of Root cannot be verified here',
      ]) {
        expect(report).toContain(reason);
      }
      for (const secret of [...Object.values(TOKENS), ORIGINAL_AUTH_KEY, 'git-secret', server.password]) {
        expect(report).not.toContain(secret);
      }
    });

    test('takes no name that shows something else than it is, and says so without obeying it', async () => {
      await using store = closing(await openTaken());
      const { db } = store.value;
      const families = await db.selectFrom('job_family').select('name').orderBy('name').execute();
      const escs = await db.selectFrom('esc').select('id').orderBy('id').execute();

      expect(families.map(({ name }) => name)).toEqual(['adder', 'empty']);
      expect(escs.map(({ id }) => id)).toEqual(['esc-1', 'esc-2']);
      expect(report).toMatch(/^[\n\x20-\x7e…]*$/);
      for (const reason of [
        'its name holds control or invisible characters (evil\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{9b}1m, alice\\u{202e})',
        'its name could not stand in a path (../alice)',
        'its name breaks the rule for names of jobs (a.b)',
        'its name could not stand in a path (path)',
        'control or invisible characters (evil\\u{1b}[2J\\u{1b}]0;title\\u{7}\\u{9b}1m 1.0.0, adder evil',
      ]) {
        expect(report).toContain(reason);
      }
    });

    test('run again it adds nothing, and the original is as it was', async () => {
      expect(await take('taken')).toContain('Took 0 rows');
      const original = connectStore({ kind: 'postgres', url });
      const { rows } = await sql<{ n: number }>`select count(*) as n from information_schema.tables
        where table_schema = 'public'`.execute(original.db);
      await original.close();
      expect(rows[0]?.n).toBe(12);
    });

    test('refuses a database that is none of the original, and a server that is not there', async () => {
      const other = server.url(await server.createDatabase());
      await expect(take('x', { IMPORT_URL: other })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      await expect(take('x', { IMPORT_URL: 'postgres://a:b@127.0.0.1:1/x' })).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
      await expect(take('x', { IMPORT_AUTH_KEY: 'short' })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      expect(existsSync(join(directory.path, 'x'))).toBe(false);
    });
  },
);

function closing<T extends { close(): Promise<void> }>(value: T) {
  return { value, [Symbol.asyncDispose]: async () => await value.close() };
}
