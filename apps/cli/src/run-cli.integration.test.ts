import { ERROR_CODES } from '@racetrack-platform/errors';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startRecordingServer } from './testing/recording-server.ts';
import { API, JOB, MANIFEST, createServedCli, type ServedCli } from './testing/served-cli.ts';

let served: ServedCli;
let { cli, server, routes, logIn } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
});

afterEach(async () => await served[Symbol.asyncDispose]());

describe('the preamble', () => {
  test('asks for nothing when a token is stored, and says which remote it is', async () => {
    routes[`GET ${API}/job`] = { body: [] };
    await logIn();

    const result = await cli.run(['list'], { isTerminal: true });

    expect(server.requests.map(({ url }) => url)).toEqual([`${API}/job`]);
    expect(result.stderr).toBe(
      `Using current remote: ${server.origin}/lifecycle (${server.origin})\nNo jobs deployed at ${server.origin}/lifecycle.\n`,
    );
  });

  test('without a token tells how to log in', async () => {
    const result = await cli.run(['list', '--remote', server.origin]);

    expect(result).toMatchObject({ exitCode: 4, stdout: '' });
    expect(result.stderr).toBe(
      `error: authentication error: missing auth token for ${server.origin}/lifecycle\n` +
        `hint: Log in with your password: racetrack login --username NAME --remote ${server.origin}/lifecycle ` +
        `– or with a token: racetrack login TOKEN --remote ${server.origin}/lifecycle\n`,
    );
  });

  test('sends no auth header to a server that needs none', async () => {
    routes[`GET ${API}/info`] = { body: { auth_required: false } };
    routes[`GET ${API}/job`] = { body: [] };

    await cli.run(['list', '--remote', server.origin]);

    expect(server.requests[1]?.headers).not.toHaveProperty('x-racetrack-auth');
  });

  test('takes remote and token from the environment, below the option', async () => {
    routes[`GET ${API}/job`] = { body: [] };
    await cli.writeConfig('lifecycle_url: http://127.0.0.1:9\n');
    const env = { RACETRACK_REMOTE: server.origin, RACETRACK_TOKEN: 'from-env' };

    expect(await cli.run(['list'], { env })).toMatchObject({ exitCode: 0 });
    expect(server.requests[0]?.headers['x-racetrack-auth']).toBe('from-env');
    const byOption = await cli.run(['get', 'remote', '--remote', 'http://other'], { env });
    expect(byOption.stdout).toBe('http://other/lifecycle\n');
  });

  test('hints at a typo in an alias', async () => {
    await cli.writeConfig('lifecycle_url_aliases:\n  dev: http://127.0.0.1:7002\n');

    const result = await cli.run(['get', 'remote', '--remote', 'DEV']);

    expect(result.stderr).toContain('warning: "DEV" is not an alias (known: dev)');
  });
});

describe('failures', () => {
  test.each(Object.entries(ERROR_CODES))('%s ends with its exit code', async (code, { status, exitCode }) => {
    routes[`GET ${API}/job`] = {
      status,
      body: { error: 'text', code, hint: 'do', request_id: null, type: '' },
    };
    routes[`DELETE ${API}/job/a/1`] = routes[`GET ${API}/job`] ?? {};
    await logIn();

    // DELETE is never repeated, so that the codes of servers that are away cost no time here.
    const result = await cli.run(['delete', 'a', '--version', '1']);

    expect(result).toMatchObject({ exitCode, stdout: '', stderr: 'error: text\nhint: do\n' });
  });

  test('of servers of the original keep their text', async () => {
    routes[`GET ${API}/job/adder/latest`] = { status: 404, body: { error: 'No job named adder', type: 'x' } };
    await logIn();

    const result = await cli.run(['logs', 'adder']);

    expect(result).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(
        /^error: Lifecycle response error: Not Found: No job named adder\n/,
      ) as unknown,
    });
  });

  test('without a server say so and suggest what to check', async () => {
    await server[Symbol.asyncDispose]();

    const result = await cli.run(['get', 'pub', '--remote', server.origin]);

    expect(result.exitCode).toBe(5);
    expect(result.stderr).toMatch(/^error: Request GET http:.* failed: connection refused\nhint: /);
  });

  test('show a stack only when debugging', async () => {
    const argv = ['get', 'remote', '--remote', 'ftp://x'];

    expect((await cli.run(argv)).stderr).not.toContain('    at ');
    expect((await cli.run(argv, { env: { RACETRACK_DEBUG: '1' } })).stderr).toContain('    at ');
  });

  test('of a redirect to another origin never send the token there', async () => {
    await using other = await startRecordingServer({});
    routes[`GET ${API}/job`] = { status: 302, headers: { location: `${other.origin}/lifecycle/api/v1/job` } };
    routes[`DELETE ${API}/job/a/1`] = { status: 303, headers: { location: '/elsewhere' } };
    await logIn();

    const read = await cli.run(['list']);
    const written = await cli.run(['delete', 'a', '--version', '1']);

    expect(read).toMatchObject({ exitCode: 5 });
    expect(read.stderr).toContain('the token stays with the server it was given for');
    expect(written).toMatchObject({ exitCode: 5 });
    expect(other.requests).toEqual([]);
  });
});

describe('output', () => {
  test.each([
    [['get', 'remote']],
    [['get', 'pub']],
    [['get', 'config']],
    [['get', 'auth-token']],
    [['set', 'remote', 'http://h']],
    [['set', 'alias', 'a', 'http://h']],
    [['set', 'credentials', 'h', 'u', 'p']],
    [['version']],
    [['list']],
    [['delete', 'adder', '--version', '0.0.2']],
    [['logs', 'adder']],
    [['build-logs', 'adder']],
    [['call', 'adder', '/x', '{}']],
    [['call', 'adder', '/x', '{}', '--curl']],
    [['validate', '.']],
    [['logout']],
  ])('of %j with --output json is one JSON value, on a terminal as well', async (argv) => {
    routes[`GET ${API}/job`] = { body: [JOB] };
    routes[`GET ${API}/job/adder/latest`] = { body: { ...JOB, pub_url: server.origin } };
    routes[`GET ${API}/job/adder/0.0.2/logs`] = { body: { logs: 'x' } };
    routes[`GET ${API}/job/adder/latest/build-logs`] = { body: { logs: 'x' } };
    routes[`DELETE ${API}/job/adder/0.0.2`] = { body: null };
    routes['POST /x'] = { body: { ok: true } };
    await logIn();
    await cli.write('job.yaml', MANIFEST);

    const result = await cli.run([...argv, '--output', 'json', '-v'], { isTerminal: true });

    expect(result).toMatchObject({ exitCode: 0 });
    expect(() => JSON.parse(result.stdout) as unknown).not.toThrow();
  });
});
