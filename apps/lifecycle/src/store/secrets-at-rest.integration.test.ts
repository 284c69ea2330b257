import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { connectStore } from '@racetrack-platform/db';
import { postgresMissing, startPostgres } from '@racetrack-platform/testing';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

const missing = postgresMissing();
const why = missing === undefined ? '' : ` (${missing})`;
const SECRETS = {
  // As the test control signs in.
  'administrator password': 'control-tests-Pass-1',
  'git password': 'tell-nobody-git-18',
  'build variable': 'tell-nobody-build-19',
  'runtime variable': 'tell-nobody-runtime-20',
  'user password': 'tell-nobody-user-21',
};

test.skipIf(missing !== undefined)(`no table of PostgreSQL holds a secret in clear${why}`, async () => {
  await using postgres = await startPostgres();
  const url = postgres.url(await postgres.createDatabase());
  await using control = await TestControl.start({ DATABASE_URL: url });
  const user = { username: 'new@example.com', password: SECRETS['user password'] };
  expect((await control.request('POST', '/api/v1/users/register', user)).status).toBe(200);
  const manifest = await control.commit('keeper', '1.0.0', toyProgram('1'));
  const { id } = (await (
    await control.request('POST', '/api/v1/deploy', {
      manifest,
      git_credentials: { username: 'bob', password: SECRETS['git password'] },
      secret_vars: {
        build_env: { BUILD: SECRETS['build variable'] },
        runtime_env: { RUN: SECRETS['runtime variable'] },
      },
    })
  ).json()) as { id: string };

  const during = await readTables(url);
  expect(await control.waitForEnd(id)).toMatchObject({ status: 'done' });
  const after = await readTables(url);

  const secrets = { ...SECRETS, 'administrator token': control.token };
  for (const tables of [during, after]) {
    expect(Object.keys(tables)).toContain('deployment');
    expect(Object.values(tables).join('')).toContain(id);
    expect(findSecrets(tables, secrets)).toEqual([]);
  }
});

/** Every row of every table, as text. */
async function readTables(url: string): Promise<Record<string, string>> {
  const store = connectStore({ kind: 'postgres', url });
  try {
    const { rows } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables where table_schema = current_schema()`.execute(
      store.db,
    );
    const tables: Record<string, string> = {};
    for (const { name } of rows) {
      const all = await sql<{ row: string }>`select t::text as row from ${sql.table(name)} t`.execute(
        store.db,
      );
      tables[name] = all.rows.map(({ row }) => row).join('\n');
    }
    return tables;
  } finally {
    await store.close();
  }
}

/** Also in base64 and hexadecimal. */
function findSecrets(
  tables: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>,
): string[] {
  return Object.entries(secrets).flatMap(([secret, value]) => {
    const bytes = Buffer.from(value);
    const forms = [value, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')];
    return Object.entries(tables)
      .filter(([, text]) => forms.some((form) => text.includes(form)))
      .map(([table]) => `${secret} in ${table}`);
  });
}
