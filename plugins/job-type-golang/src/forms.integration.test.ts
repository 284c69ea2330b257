import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createGoJob, PLUGIN_DIR } from './go-job-harness.ts';

const hasGo = spawnSync('go', ['version']).status === 0;
/** A cold compiler takes minutes on a small machine. */
const BUILD_TIMEOUT_MS = 5 * 60_000;
const DOC = 'Perform **answers** what\nit gets. Whatever that is.\n\nIt takes anything.';
const ITEM = { name: 'tea', price: 2.5 };

if (!hasGo) process.stderr.write('skipped, since there is no go on this machine: forms of Go jobs\n');

describe.skipIf(!hasGo)('a Go job with functions of every form', () => {
  let job: Awaited<ReturnType<typeof createGoJob>>;

  /** Stands for the platform; it refuses one job, and redirects all other calls to another place of its own. */
  const pub = createServer((request, response) => {
    if (request.url?.startsWith('/pub/job/refused/') === true) {
      response
        .writeHead(401)
        .end(JSON.stringify({ error: 'no permission', hint: 'Ask for it:\nracetrack x' }));
      return;
    }
    asked.push(request.url ?? '');
    response.writeHead(307, { location: '/stolen' }).end();
  });
  const asked: string[] = [];

  beforeAll(async () => {
    await once(pub.listen(0, '127.0.0.1'), 'listening');
    vi.stubEnv('PUB_URL', `http://127.0.0.1:${(pub.address() as AddressInfo).port}/pub`);
    vi.stubEnv('AUTH_TOKEN', 'secret');
    job = await createGoJob(join(PLUGIN_DIR, 'test-jobs', 'forms'));
    expect(await job.build()).toMatchObject({ exitCode: 0 });
    await job.start();
  }, BUILD_TIMEOUT_MS);

  afterAll(async () => {
    vi.unstubAllEnvs();
    pub.closeAllConnections();
    pub.close();
    await job[Symbol.asyncDispose]();
  });

  async function call(path: string, body: unknown = {}): Promise<[number, unknown]> {
    const { status, text } = await job.call(`/api/v1${path}`, body);
    return [status, JSON.parse(text)];
  }

  test.each([
    ['/perform', {}, 'hello found\n'],
    ['/perform', { a: [1] }, { a: [1] }],
    ['/positional', { a: 1 }, { args: [], kwargs: { a: 1 } }],
    ['/positional', [1, 'b'], { args: [1, 'b'], kwargs: {} }],
    ['/positional', { args: [1], kwargs: { b: 2 } }, { args: [1], kwargs: { b: 2 } }],
    ['/positional', null, { args: [], kwargs: {} }],
    ['/typed', { customer: 'ann', items: [ITEM, { ...ITEM, count: 3 }] }, { customer: 'ann', sum: 10 }],
    ['/typed', { customer: 'ann', items: [], due: '2026-01-31T00:00:00Z' }, { customer: 'ann', sum: 0 }],
    ['/typed', { customer: 'ann', items: [], due: null, notes: null }, { customer: 'ann', sum: 0 }],
    ['/pointer', { customer: 'ann', items: [] }, { customer: 'ann', sum: 0 }],
    ['/numbers', { a: 1, b: 2 }, 2],
    ['/nothing', {}, 'nothing taken'],
    ['/silent', { a: 1 }, null],
  ])('%s with %j answers %j', async (path, body, answer) => {
    expect(await call(path, body)).toEqual([200, answer]);
  });

  test.each([
    ['/typed', { items: [] }, 'missing argument: customer'],
    ['/typed', {}, 'missing arguments: items, customer'],
    ['/typed', { customer: 'ann', items: [{ name: 'tea' }] }, 'missing argument: items[0].price'],
    [
      '/typed',
      { customer: 'ann', items: [], haste: 1 },
      'unknown argument: haste (known: items, notes, urgent, due, customer)',
    ],
    [
      '/typed',
      { costumer: 'ann', items: [] },
      'missing argument: customer; unknown argument: costumer (known: items, notes, urgent, due, customer)',
    ],
    ['/typed', { customer: 7, items: [] }, 'customer must be a string, not a number'],
    ['/typed', { customer: null, items: [] }, 'customer must be a string, not null'],
    [
      '/typed',
      { customer: 'ann', items: [{ ...ITEM, count: 1.5 }] },
      'items[0].count must be a whole number, not the number 1.5',
    ],
    ['/typed', { customer: 'ann', items: [], notes: { a: 1 } }, 'notes.a must be a string, not a number'],
    ['/numbers', { a: 'x' }, 'a must be a whole number, not a string'],
    ['/typed', { customer: 'ann', items: null }, 'items must be an array, not null'],
    [
      '/typed',
      { Customer: 'ann', items: [] },
      'missing argument: customer; unknown argument: Customer (known: items, notes, urgent, due, customer)',
    ],
    [
      '/typed',
      { customer: 'ann', items: [], due: '2026-11-22' },
      'due must be a time such as 2026-01-31T12:00:00Z, not "2026-11-22"',
    ],
    [
      '/typed',
      { customer: 'ann', items: [ITEM, { ...ITEM, count: 1e20 }] },
      'items[1].count: the number 100000000000000000000 does not fit int',
    ],
    ['/nothing', { a: 1 }, 'unknown argument: a (known: none)'],
  ])('%s with %j is refused: %s', async (path, body, error) => {
    expect(await call(path, body)).toEqual([400, { error, type: 'ArgumentError' }]);
  });

  test.each([
    ['/typed', [1], 'a JSON object of named arguments is expected, not an array'],
    ['/perform', 'text', 'a JSON object of named arguments is expected, not a string'],
    ['/positional', 'text', 'a JSON object or array is expected, not a string'],
  ])('%s takes no %j', async (path, body, error) => {
    expect(await call(path, body)).toMatchObject([422, { error: expect.stringContaining(error) }]);
  });

  test.each([
    ['/status', 409, { error: 'it is there already', type: 'jobs.StatusError' }],
    ['/own-status', 403, { error: 'not today', type: 'forms.refusal' }],
    ['/goexit', 500, { type: 'runtime.Goexit' }],
    ['/nil', 500, { error: expect.stringContaining('index out of range'), type: 'panic' }],
    ['/own', 500, { error: 'forms.silentError', type: 'forms.silentError' }],
  ])('%s ends with %i', async (path, status, body) => {
    expect(await call(path)).toMatchObject([status, body]);
    expect(await call('/nothing')).toEqual([200, 'nothing taken']);
  });

  test('a panic is in the log with the line that panicked, and the old logger writes there, too', async () => {
    await call('/nil');
    await call('/stdlog');

    await expect.poll(() => job.log()).toContain('by the old logger');
    expect(job.log()).toMatch(/ERROR call failed: panic: .*\npanic\([^]*forms\.go:\d+/);
  });

  test('what the code of the job refuses is no error of the job', async () => {
    await call('/status');

    await expect.poll(() => job.log()).toContain('WARN  call failed: it is there already');
    expect(job.log()).not.toContain('ERROR call failed: it is there already');
  });

  test('what to do about a refused call reaches the author, the log and the caller', async () => {
    expect(await call('/call', { name: 'refused', version: 'latest', path: '/a' })).toEqual([
      500,
      {
        error: expect.stringMatching(
          /^failed to call job "refused latest" by \w+: 401 Unauthorized: no permission$/,
        ),
        type: 'jobs.CallError',
        hint: 'Ask for it: racetrack x',
      },
    ]);
    await expect.poll(() => job.log()).toContain('hint="Ask for it: racetrack x"');
  });

  test('a call of another job follows no redirect', async () => {
    expect(await call('/call', { name: 'a b', version: '1.x', path: '/api?to=../x' })).toMatchObject([
      500,
      { error: expect.stringContaining('307') },
    ]);
    expect(asked.splice(0)).toEqual(['/pub/job/a%20b/1.x/api?to=../x']);
  });

  test.each([
    ['..', 'latest', '/a'],
    ['%2e%2E', 'latest', '/a'],
    ['adder', '', '/a'],
    ['adder', '1/2', '/a'],
    ['adder', '1?2', '/a'],
    ['adder', '1\n', '/a'],
    ['adder', 'latest', '/../../other'],
    ['adder', 'latest', '/a/%252e%2e/b'],
    ['adder', 'latest', '/a%2f..%5cb'],
  ])('a call stays in the job that it names: %j %j %j', async (name, version, path) => {
    expect(await call('/call', { name, version, path })).toMatchObject([
      500,
      { error: expect.stringContaining('of the job to call must not') },
    ]);
    expect(asked).toEqual([]);
  });

  test('tokens of callers do not reach the code of the job', async () => {
    const names = ['Auth', 'Esc-Auth', 'User-Auth', 'Job-Auth'].map((name) => `X-Racetrack-${name}`);
    const headers = {
      ...Object.fromEntries(names.map((name) => [name, 'hidden'])),
      Cookie: 'a=1; X-Racetrack-Auth =hidden',
    };

    const { text } = await job.call('/api/v1/headers', {}, { headers });

    expect(text).toContain('"Cookie":["a=1"]');
    expect(text).not.toContain('hidden');
  });

  test('the context ends when the caller leaves', async () => {
    const leaving = new AbortController();
    const answer = job.call('/api/v1/context', {}, { signal: leaving.signal }).catch(() => 'left');
    await expect
      .poll(async () => (await job.call('/metrics')).text)
      .toMatch(/started_total\{endpoint="\/context"\} 1/);

    leaving.abort();

    expect(await answer).toBe('left');
    await expect.poll(() => job.log()).toContain('the context has ended');
  });

  test('the documentation says what types and comments say', async () => {
    const document: unknown = JSON.parse((await job.call('/openapi.json')).text);
    const content = (schema: unknown) => ({ content: { 'application/json': { schema } } });

    expect(document).toMatchObject({
      info: { description: DOC },
      paths: {
        '/api/v1/perform': {
          post: {
            summary: 'Perform answers what it gets.',
            description: DOC,
            responses: {
              200: { content: { 'application/json': { schema: {}, example: 'any JSON value' } } },
            },
          },
        },
        '/api/v1/typed': {
          post: {
            requestBody: content({
              required: ['items', 'customer'],
              additionalProperties: false,
              properties: {
                items: {
                  description: 'what is ordered',
                  items: { properties: { price: { type: 'number', description: 'of one, in euros' } } },
                },
                due: { type: 'string', format: 'date-time' },
              },
            }),
            responses: { 200: content({ properties: { sum: { type: 'number' } } }) },
          },
        },
        '/api/v1/answer': { get: {} },
      },
    });
  });

  test('types that stand for very many are described in part, and every input is taken there', async () => {
    expect((await job.call('/openapi.json')).text.length).toBeLessThan(3_000_000);
    expect(await call('/crowd', { A: { B: { C: null } } })).toEqual([200, false]);
  });

  test('files and own metrics are served', async () => {
    expect(await job.call('/api/v1/answer')).toMatchObject({
      status: 200,
      text: '{ "from": "a file" }\n',
      headers: { 'content-type': 'application/json' },
    });
    expect((await job.call('/api/v1/all/readme.md')).headers['content-type']).toMatch(/^text\/markdown/);
    expect((await job.call('/api/v1/all/../../../words.txt')).status).not.toBe(200);
    expect((await job.call('/metrics')).text).toContain('orders_open{shop="the \\"first\\""} 3\n');
    expect((await job.call('/metrics')).text).not.toContain('not a name');
  });
});

describe.skipIf(!hasGo)('a Go job that does not compile', () => {
  const MOD = 'module adder\n\ngo 1.22\n';

  test.each([
    [
      'a mistake',
      {
        'go.mod': MOD,
        'a.go': 'package adder\n\nfunc Perform(input map[string]any) (any, error) {\n\treturn sum, nil\n}\n',
      },
      'a.go:4:9: undefined: sum',
    ],
    ['bad syntax', { 'a.go': 'package adder\n\nfunc Perform(\n' }, "a.go:3:15: expected ')'"],
    [
      'a package main',
      { 'go.mod': MOD, 'a.go': 'package main\n\nfunc main() {}\n' },
      'export the function Perform',
    ],
    ['no Perform', { 'a.go': 'package adder\n' }, 'has no function Perform'],
    ['no Go file', { 'go.mod': MOD }, 'no Go file in its root folder'],
    [
      'a newer Go',
      { 'go.mod': 'module adder\n\ngo 1.99\n', 'a.go': 'package adder\n' },
      'wants Go 1.99, but this host has',
    ],
    [
      'a bad Init',
      { 'a.go': 'package adder\n\nfunc Perform() {}\n\nfunc Init(a int) {}\n' },
      'func Init() error',
    ],
    [
      'the library’s name',
      { 'go.mod': 'module racetrack/jobs\n', 'a.go': 'package adder\n' },
      'Choose another name',
    ],
  ])(
    'is told file, line and what to do: %s',
    async (_title, files: Readonly<Record<string, string>>, message) => {
      await using job = await createGoJob(files);

      const { exitCode, output } = await job.build();

      expect(exitCode).toBe(1);
      expect(output).toContain(message);
    },
    BUILD_TIMEOUT_MS,
  );
});
