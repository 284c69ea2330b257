import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresMissing, startPostgres, type PostgresServer } from '@racetrack-platform/testing';
import { openStore, readStoreOptions } from '../index.ts';

const missing = postgresMissing();

describe.skipIf(missing !== undefined)(
  `TLS to PostgreSQL${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    let server: PostgresServer;
    let plain: PostgresServer;
    let database: string;
    beforeAll(async () => {
      server = await startPostgres({ tls: true });
      plain = await startPostgres();
      database = await server.createDatabase();
    });
    afterAll(async () => {
      await server[Symbol.asyncDispose]();
      await plain[Symbol.asyncDispose]();
    });

    /** Whether the session is encrypted, with settings as the environment gives them. */
    async function connect(url: string, env: Record<string, string>): Promise<unknown> {
      const store = await openStore(readStoreOptions({ DATABASE_URL: url, ...env }, ''));
      try {
        const { rows } = await sql`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(
          store.db,
        );
        return rows[0];
      } finally {
        await store.close();
      }
    }

    test('verify-full accepts the host that the certificate names, and no other', async () => {
      const env = { RACETRACK_DATABASE_TLS: 'verify-full', RACETRACK_DATABASE_CA_FILE: server.caFile };

      expect(await connect(server.url(database, 'localhost'), env)).toEqual({ ssl: true });
      await expect(connect(server.url(database, '127.0.0.1'), env)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        hint: expect.stringContaining('RACETRACK_DATABASE_CA_FILE'),
      });
    });

    test('verify-ca accepts any host with a certificate of the authority, verify-full without it none', async () => {
      const ca = { RACETRACK_DATABASE_CA_FILE: server.caFile };

      expect(await connect(`${server.url(database)}?sslmode=verify-ca`, ca)).toEqual({ ssl: true });
      await expect(
        connect(`${server.url(database, 'localhost')}?sslmode=verify-full`, {}),
      ).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    });

    test('require encrypts and asks no more; disable is plain', async () => {
      expect(await connect(server.url(database), { RACETRACK_DATABASE_TLS: 'require' })).toEqual({
        ssl: true,
      });
      expect(await connect(server.url(database), {})).toEqual({ ssl: false });
    });

    test('a server without TLS is refused when TLS is wanted, and the password is not sent', async () => {
      const url = plain.url(await plain.createDatabase());

      await expect(connect(url, { RACETRACK_DATABASE_TLS: 'require' })).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        hint: expect.stringContaining('TLS'),
      });
    });
  },
);
