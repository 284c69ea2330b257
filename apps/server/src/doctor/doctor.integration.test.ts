import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { openSqliteStore } from '@racetrack-platform/db';
import { openKeys } from '@racetrack-platform/keys';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LauncherHarness } from '../testing/launcher-harness.ts';

const ANY_PORTS = ['--lifecycle-port', '0', '--dashboard-port', '0', '--pub-port', '0'];

let harness: LauncherHarness;
let dataDir: string;

beforeEach(() => {
  harness = new LauncherHarness();
  ({ dataDir } = harness);
});

afterEach(async () => {
  await harness.close();
});

describe('npm start -- doctor', () => {
  test('without a data directory: finds nothing wrong with it, and makes none', async () => {
    const { code, out } = await examine();

    expect(code).toBe(0);
    expect(out).toContain(`${dataDir} does not exist yet; the first start makes it`);
    expect(out).toContain('the first start makes it');
    expect(out).toMatch(/ok {4}Node\.js v\d+/);
    expect(out).toMatch(/ok {4}git version/);
    expect(out).toMatch(/ok {4}Python 3\S+ at \/\S+, for jobs that ask for no other/);
    expect(out).toContain('none runs on this data directory');
    expect(readdirSync(harness.folder)).not.toContain('data');
  });

  test('beside a running platform: its ports are its own, and it says how it answers', async () => {
    const launcher = harness.launch();
    await launcher.untilReady();
    const { out } = await examine();

    expect(out).toContain(`process ${launcher.child.pid} holds it`);
    expect(out).toContain('http://127.0.0.1:40002 is the lifecycle of this platform');
    // The fake roles of this test listen nowhere.
    expect(out).toMatch(/fail {2}http:\/\/127\.0\.0\.1:40002\/live does not answer/);
    expect(launcher.child.exitCode).toBeNull();
  });

  test('with a store and keys: schema, integrity and fit; and it changes nothing', async () => {
    await makeStore();
    const before = listTree();
    const { code, out } = await examine();

    expect([code, out]).toEqual([0, expect.stringMatching(/SQLite 3\.\d+/)]);
    expect(out).toMatch(/ok {4}SQLite 3\.[\d.]+: \/\S+racetrack\.db/);
    expect(out).toContain('up to date');
    expect(out).toContain('the integrity check found nothing');
    expect(out).toContain('the auth key fits');
    expect(out).toContain('the secrets key fits');
    expect(listTree()).toEqual(before);
  });

  test('on a broken directory: names every defect with what to do, and exits with 70', async () => {
    await makeStore();
    const database = path.join(dataDir, 'store/racetrack.db');
    const bytes = readFileSync(database);
    writeFileSync(database, bytes.fill(0x5a, 4096, 12_288));
    writeFileSync(path.join(dataDir, 'keys/auth.key'), 'x'.repeat(43));
    chmodSync(path.join(dataDir, 'keys/secrets.key'), 0o644);
    mkdirSync(path.join(dataDir, 'logs'), { mode: 0o755 });
    writeFileSync(path.join(dataDir, 'run'), '', { mode: 0o600 });
    const { code, out } = await examine();

    expect(code).toBe(70);
    expect(out).toMatch(/fail {2}.*(malformed|damaged)/);
    expect(out).toContain(`→ chmod 600 ${path.join(dataDir, 'keys/secrets.key')}`);
    expect(out).toMatch(/warn {2}\S+\/logs is open to other users/);
    expect(out).toMatch(/fail {2}\S+\/run is not a directory/);
  });

  test('a missing key, a taken port', async () => {
    await makeStore();
    execFileSync('rm', [path.join(dataDir, 'keys/auth.key')]);
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const { code, out } = await examine(['--pub-port', String(port)]);
    server.close();

    expect(code).toBe(70);
    expect(out).toMatch(/fail {2}the key \S+\/auth\.key of this store is missing/);
    expect(out).toMatch(new RegExp(`fail {2}port ${port} of 127\\.0\\.0\\.1, --pub-port`));
  });

  test('a database that cannot be reached is a finding, without its password', async () => {
    const { code, out } = await examine([], { DATABASE_URL: 'postgres://u:planted-Pw-7@127.0.0.1:9/db' });

    expect(code).toBe(70);
    expect(out).toMatch(/fail {2}PostgreSQL database db at 127\.0\.0\.1:9 cannot be used/);
    expect(out).not.toContain('planted-Pw-7');
  });

  test('--json is one object', async () => {
    const { code, out } = await examine(['--json']);
    const report = JSON.parse(out) as { isHealthy: boolean; groups: { title: string; checks: unknown[] }[] };

    expect([code, report.isHealthy]).toEqual([0, true]);
    expect(report.groups.map(({ title }) => title)).toContain('Isolation and limits');
  });

  test('--report writes one private file with the last log lines, without planted secrets', async () => {
    await makeStore();
    const planted = {
      admin: 'planted-Admin-1',
      database: 'planted-Database-2',
      query: 'planted-Query-3',
      header: 'planted-Header-4',
      git: 'planted-Git-5',
      token: `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.planted-Token-6`,
    };
    const authKey = readFileSync(path.join(dataDir, 'keys/auth.key'), 'utf8').trim();
    mkdirSync(path.join(dataDir, 'logs'), { mode: 0o700 });
    const lines = [
      `{"msg":"started with ${planted.admin} and ${authKey}"}`,
      `{"msg":"x","password":"${planted.query}","authorization":"Bearer ${planted.header}"}`,
      `cloning https://bob:${planted.git}@example.com/repo.git`,
      `X-Racetrack-Auth: ${planted.token}`,
      `{"msg":"an ordinary line, token bucket is full"}`,
    ];
    writeFileSync(path.join(dataDir, 'logs/control.log'), `${lines.join('\n')}\n`, { mode: 0o600 });
    const file = path.join(harness.folder, 'report.txt');
    const env = {
      RACETRACK_ADMIN_PASSWORD: planted.admin,
      DATABASE_URL: `postgres://u:${planted.database}@127.0.0.1:9/db`,
    };
    await examine(['--report', file], env);
    const text = readFileSync(file, 'utf8');

    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(text).toContain('--- last lines of control.log ---');
    expect(text).toContain('an ordinary line, token bucket is full');
    for (const secret of [...Object.values(planted), 'planted-', authKey]) expect(text).not.toContain(secret);
    const again = await examine(['--report', file]);
    expect([again.code, again.err]).toEqual([3, expect.stringContaining('exists already')]);
  });
});

async function examine(flags: readonly string[] = [], env: Readonly<Record<string, string>> = {}) {
  const args = ['--data-dir', dataDir, ...ANY_PORTS, 'doctor', ...flags];
  const launcher = harness.launch([], env, args);
  const { code } = await launcher.exited;
  return { code, out: launcher.stdout(), err: launcher.stderr() };
}

/** What a server makes at its first start. */
async function makeStore(): Promise<void> {
  for (const folder of ['', 'store']) mkdirSync(path.join(dataDir, folder), { mode: 0o700 });
  const before = process.umask(0o077);
  const store = await openSqliteStore(path.join(dataDir, 'store/racetrack.db'));
  process.umask(before);
  const meta = {
    find: async (key: string) =>
      (await store.db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst())?.value,
    insertOnce: async (key: string, value: string) =>
      void (await store.db.insertInto('meta').values({ key, value }).execute()),
  };
  await openKeys({ dataDir, meta });
  await store.close();
}

/** Paths, modes and sizes of everything. */
function listTree(): string[] {
  return readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, size } = statSync(path.join(dataDir, name));
      return `${name} ${mode.toString(8)} ${size}`;
    });
}
