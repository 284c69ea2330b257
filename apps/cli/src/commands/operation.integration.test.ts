import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API, createServedCli, type ServedCli } from '../testing/served-cli.ts';

const EVENT = {
  id: 'e-1',
  version: 1,
  timestamp: 1_795_300_000,
  event_type: 'job_deleted',
  properties: {},
  username_executor: 'alice',
  username_subject: null,
  job_name: 'adder',
  job_version: '1.0.0',
  explanation: 'alice deleted adder 1.0.0',
};

let served: ServedCli;
let { cli, server, routes } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes } = served);
  await served.logIn();
});

afterEach(async () => await served[Symbol.asyncDispose]());

const lastQuery = () =>
  Object.fromEntries(new URL(server.requests.at(-1)?.url ?? '', 'http://x').searchParams);

describe('maintenance', () => {
  test('is turned on with a message, told, and turned off', async () => {
    const path = `${API}/settings/maintenance`;
    routes[`PUT ${path}`] = { body: { enabled: true, message: 'until 6 pm' } };
    const on = await cli.run(['maintenance', 'on', '--message', 'until 6 pm']);
    expect([on.exitCode, on.stdout]).toEqual([
      0,
      'Maintenance mode is on: jobs are neither changed nor called. Message: until 6 pm\n',
    ]);
    expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toEqual({ enabled: true, message: 'until 6 pm' });

    routes[`GET ${path}`] = { body: { enabled: true, message: null } };
    expect((await cli.run(['maintenance', 'status'])).stdout).toMatch(/is on: .* called\.\n$/);
    expect(JSON.parse((await cli.run(['maintenance', 'status', '--output', 'json'])).stdout)).toEqual({
      enabled: true,
      message: null,
    });

    routes[`PUT ${path}`] = { body: { enabled: false, message: null } };
    expect((await cli.run(['maintenance', 'off'])).stdout).toBe('Maintenance mode is off.\n');
    expect(JSON.parse(server.requests.at(-1)?.body ?? '')).toEqual({ enabled: false, message: null });
  });
});

describe('audit list', () => {
  test('shows who did what when, and asks for what the options say', async () => {
    routes[`GET ${API}/audit/log`] = { body: { events: [EVENT], next_cursor: null } };

    const filters = ['--actor', 'alice', '--job', 'adder/1.0.0', '--from', '2026-11-21', '--limit', '5'];
    const { exitCode, stdout } = await cli.run(['audit', 'list', ...filters]);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /^TIME +ACTOR +EVENT +WHAT *\n2026-11-\S+Z +alice +job_deleted +alice deleted adder 1\.0\.0\n$/,
    );
    expect(lastQuery()).toEqual({ actor: 'alice', job: 'adder/1.0.0', from: '2026-11-21', limit: '5' });
  });

  test('goes on from page to page until there are enough, and says that there is more', async () => {
    routes[`GET ${API}/audit/log`] = { body: { events: [EVENT, EVENT], next_cursor: 'next' } };

    const { stdout, stderr } = await cli.run(['audit', 'list', '--limit', '4'], { isTerminal: true });

    expect(stdout.trim().split('\n')).toHaveLength(5);
    expect(lastQuery()).toEqual({ limit: '2', cursor: 'next' });
    expect(stderr).toContain('--limit shows more');
  });

  test('refuses a limit that is no number of entries', async () => {
    expect((await cli.run(['audit', 'list', '--limit', '0'])).exitCode).toBe(2);
  });
});

describe('audit export', () => {
  test('prints the text as the server sends it, or writes it to a new file of one own', async () => {
    const csv = 'time,actor\n1,alice\n';
    routes[`GET ${API}/audit/export`] = { body: csv };

    expect((await cli.run(['audit', 'export', '--format', 'csv', '--type', 'job_deleted'])).stdout).toBe(csv);
    expect(lastQuery()).toEqual({ type: 'job_deleted', format: 'csv' });

    const file = join(cli.cwd, 'audit.csv');
    const args = ['audit', 'export', '--format', 'csv', '--out', file];
    expect((await cli.run(args)).exitCode).toBe(0);
    expect([await readFile(file, 'utf8'), (await stat(file)).mode & 0o777]).toEqual([csv, 0o600]);
    const again = await cli.run(args);
    expect([again.exitCode, again.stderr]).toEqual([2, expect.stringContaining('exists already')]);
  });
});
