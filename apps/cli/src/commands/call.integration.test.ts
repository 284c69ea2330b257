import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { API, JOB, createServedCli, type ServedCli } from '../testing/served-cli.ts';

let served: ServedCli;
let { cli, server, routes, logIn } = {} as ServedCli;

beforeEach(async () => {
  served = await createServedCli();
  ({ cli, server, routes, logIn } = served);
});

afterEach(async () => await served[Symbol.asyncDispose]());

describe('call', () => {
  beforeEach(async () => {
    routes[`GET ${API}/job/adder/latest`] = {
      body: { ...JOB, pub_url: `${server.origin}/pub/job/adder/0.0.2` },
    };
    routes['POST /pub/job/adder/0.0.2/api/v1/perform'] = {
      body: '{"sum": 42.0, "id": 12345678901234567890}',
    };
    await logIn();
  });

  test('sends the payload as it is written and prints the answer exactly', async () => {
    const result = await cli.run(['call', 'adder', 'api/v1/perform', '{"numbers": [40, 2]}']);

    expect(result.stdout).toBe('{\n    "sum": 42.0,\n    "id": 12345678901234567890\n}\n');
    expect(server.requests[1]).toMatchObject({ body: '{"numbers": [40, 2]}' });
    expect(server.requests[1]?.headers).toMatchObject({
      'x-racetrack-auth': 'tok',
      'content-type': 'application/json; charset=utf-8',
    });
  });

  test('goes to pub directly while the store of the server is away', async () => {
    routes[`GET ${API}/job/adder/latest`] = {
      status: 503,
      body: { error: 'the store cannot be used right now', code: 'STORE_UNAVAILABLE' },
    };
    routes[`GET ${API}/info`] = { body: { auth_required: true, external_pub_url: `${server.origin}/pub` } };
    routes['POST /pub/job/adder/latest/api/v1/perform'] = { body: '42' };

    const result = await cli.run(['call', 'adder', '/api/v1/perform', '{}']);

    expect(result).toMatchObject({ exitCode: 0, stdout: '42\n' });
    expect(result.stderr).toContain('warning: ');
  });

  test('sends a file as a form, with further fields beside it', async () => {
    await cli.write('fruit.csv', 'apple,3\n');
    const argv = ['call', 'adder', '/api/v1/perform', '{"title": "Fruit"}', '--file', 'table=fruit.csv'];

    expect(await cli.run(argv)).toMatchObject({ exitCode: 0 });
    const { headers, body = '' } = server.requests[1] ?? {};
    const form = await new Response(body, {
      headers: { 'content-type': String(headers?.['content-type']) },
    }).formData();
    expect(form.get('title')).toBe('Fruit');
    expect(form.get('table')).toMatchObject({ name: 'fruit.csv', size: 8 });

    const { stdout } = await cli.run([...argv, '--curl']);
    expect(stdout).toContain(`-F 'table=@"fruit.csv"'`);
    expect(stdout).not.toContain('application/json;');
    for (const path of ['gone.csv', '/dev/zero']) {
      expect(await cli.run([...argv.slice(0, 3), '--file', `table=${path}`])).toMatchObject({ exitCode: 2 });
    }
  });

  test('takes YAML, a file and standard input', async () => {
    await cli.write('payload.yaml', 'numbers: [40, 2]\n');

    await cli.run(['call', 'adder', '/api/v1/perform', 'numbers: [40, 2]']);
    await cli.run(['call', 'adder', '/api/v1/perform', '@payload.yaml']);
    await cli.run(['call', 'adder', '/api/v1/perform', '-'], { stdin: '{"numbers":[40,2]}' });

    const bodies = server.requests.filter(({ method }) => method === 'POST').map(({ body }) => body);
    expect(bodies).toEqual(Array.from({ length: 3 }, () => '{"numbers":[40,2]}'));
  });

  test.each(['just text', '42', '{broken', '@missing.json', '@/dev/zero'])(
    'refuses the payload %j',
    async (payload) => {
      expect(await cli.run(['call', 'adder', '/api/v1/perform', payload])).toMatchObject({
        exitCode: 2,
        stdout: '',
      });
    },
  );

  test('prints what is not JSON as it came', async () => {
    routes['GET /pub/job/adder/0.0.2/page'] = { headers: { 'content-type': 'text/html' }, body: '<p>' };

    expect(await cli.run(['call', 'adder', '/page', '-X', 'get'])).toMatchObject({ stdout: '<p>' });
  });

  test('prints what has come of an answer that breaks off, and fails', async () => {
    routes['POST /pub/job/adder/0.0.2/api/v1/perform'] = {
      headers: { 'content-type': 'application/x-ndjson' },
      body: '{"item":1}\n{"error":"the model is gone"}\n',
      breaksOff: true,
    };

    const result = await cli.run(['call', 'adder', '/api/v1/perform', '{}']);

    expect(result.exitCode).not.toBe(0);
    expect(result.stdout).toContain('{"error":"the model is gone"}\n');
    expect(result.stderr).toContain('the answer was cut off before its end');
    expect(result.stderr).toContain('racetrack logs adder');
  });

  test('puts the answer into an envelope with --output json', async () => {
    const result = await cli.run(['call', 'adder', '/api/v1/perform', '{}', '--output', 'json']);

    expect(JSON.parse(result.stdout)).toMatchObject({ status: 200, body: { sum: 42 } });
  });

  test('fails with what the job or Pub said', async () => {
    routes['POST /pub/job/adder/0.0.2/bad'] = {
      status: 503,
      body: { error: 'no instance', code: 'UPSTREAM_UNAVAILABLE', hint: 'Wait.', request_id: 'r', type: 'x' },
    };

    const result = await cli.run(['call', 'adder', '/bad', '{}']);

    expect(result).toMatchObject({ exitCode: 5, stdout: '', stderr: 'error: no instance\nhint: Wait.\n' });
  });

  test('--curl prints a command that holds no token', async () => {
    const result = await cli.run([
      'call',
      'adder',
      '/x',
      `{"q": "it's"}`,
      '--curl',
      '--remote',
      server.origin,
    ]);

    expect(result.stdout).toContain(`$(racetrack get auth-token --remote ${server.origin})`);
    expect(result.stdout).not.toContain('tok\n');
    expect(result.stdout).not.toContain(': tok');
  });
});
