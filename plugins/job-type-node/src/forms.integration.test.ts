import { writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { expect, test, vi } from 'vitest';
import { callJob } from '../runtime/worker/call-job.ts';
import { JobContext } from '../runtime/worker/job-context.ts';
import { settings } from '../runtime/worker/job-context.ts';
import { loadEntrypoint } from '../runtime/worker/load-entrypoint.ts';
import { startJob } from './job-process-harness.ts';

const ADD = '({ numbers }) { return numbers.reduce((sum, number) => sum + number, 0); }';

test.each([
  ['a function', `export function perform${ADD}`, ''],
  ['a default function', `export default function ${ADD}`, ''],
  ['a default class', `export default class { perform${ADD} }`, ''],
  ['the only class', `export class A { perform${ADD} }\nexport const version = 1;`, ''],
  ['one class of several', `export class A { perform() {} }\nexport class B { perform${ADD} }`, 'B'],
  ['an object', `export const job = { perform${ADD} };`, ''],
])('the entrypoint may be %s', async (_title, text, className) => {
  await using directory = await createTemporaryDirectory();
  const path = join(directory.path, 'job.mjs');
  await writeFile(path, text);

  const { perform } = await loadEntrypoint(path, className);

  expect((perform as (input: unknown) => unknown)({ numbers: [40, 2] })).toBe(42);
});

test.each([
  ['export const x = 1;', '', 'exports no entrypoint'],
  ['export class A {}\nexport class B {}', '', 'several that could be the entrypoint (A, B)'],
  ['export class A {}', 'B', 'exports no class B'],
])('what is no entrypoint is told: %s', async (text, className, message) => {
  await using directory = await createTemporaryDirectory();
  const path = join(directory.path, 'job.mjs');
  await writeFile(path, text);

  await expect(loadEntrypoint(path, className)).rejects.toThrow(message);
});

const KINDS = `
  import { log, request, ValidationError } from 'racetrack-job';
  const results = {
    date: () => ({ at: new Date(0), map: new Map([['a', new Set([1n])]]), bytes: new Float32Array([0.5]) }),
    nothing: () => undefined,
    binary: () => Buffer.from([1, 2, 255]),
    async *stream() { yield { a: 1 }; await null; yield 'two'; },
    *broken() { yield 1; throw new Error('half way'); },
    function: () => ({ a: [{ b: () => 1 }] }),
    cycle: () => { const a = {}; a.self = a; return a; },
    status: () => { throw Object.assign(new Error('busy'), { status: 503 }); },
    bug: () => undefined.x,
    lost: async () => { setTimeout(() => { throw new Error('nobody waits for me'); }); return 'fine'; },
    loop: () => { for (;;); },
    quick: () => 'quick',
    context: async () => { await null; log.info('noted'); return request().extra; },
  };
  export default class Kinds {
    perform({ kind }, context) { context.extra.kind = kind; return results[kind](); }
    refuse() { throw new ValidationError('no'); }
    auxiliaryEndpoints() { return { '/refuse': this.refuse }; }
    static_endpoints() { return { '/source': 'job.mjs' }; }
    metrics() { return [{ name: 'models', value: 3, labels: { kind: 'a"b' } }]; }
  }`;

test('a package that is not installed is told once, with what to do', async () => {
  await using job = await startJob(
    { 'job.mjs': `import 'no-such-package/part';\nexport const perform = () => 1;` },
    { entrypoint_path: 'job.mjs' },
  );

  await expect.poll(job.log).toContain('ERROR');
  expect(job.log().match(/ERROR.*/g)).toEqual([
    'ERROR the job could not be initialised: package no-such-package is not installed: put it into package.json and set jobtype_extra.dependencies_path, cause=Error',
  ]);
});

test('another job is called with or without a path', async () => {
  const called: string[] = [];
  vi.stubGlobal('fetch', async (url: string, { body }: { body: string }) => {
    called.push(`${url} ${body}`);
    return await Promise.resolve(new Response('42'));
  });
  Object.assign(settings, { pubUrl: 'http://pub' });

  expect(await callJob('adder', { numbers: [40, 2] })).toBe(42);
  expect(await callJob('adder')).toBe(42);
  expect(await callJob('adder', '/api/v1/explain', { a: 1 }, { version: '1.x' })).toBe(42);
  expect(called).toEqual([
    'http://pub/job/adder/latest/api/v1/perform {"numbers":[40,2]}',
    'http://pub/job/adder/latest/api/v1/perform {}',
    'http://pub/job/adder/1.x/api/v1/explain {"a":1}',
  ]);
});

test('what to do about a refused call reaches the author, the log and the caller', async () => {
  const hint = 'Ask an administrator for the permission: racetrack permission grant';
  await using pub = await serve((_request, response) => {
    response.writeHead(401).end(JSON.stringify({ error: 'no permission', hint: `${hint}\n` }));
  });
  vi.stubEnv('PUB_URL', pub.url);
  await using job = await startJob(
    { 'job.mjs': `export const perform = async (_input, { callJob }) => await callJob('adder');` },
    { entrypoint_path: 'job.mjs' },
  );

  const { status, text } = await job.call({});

  expect([status, JSON.parse(text)]).toEqual([
    500,
    { error: 'job adder has answered 401: no permission', type: 'JobCallError', hint: `${hint} ` },
  ]);
  await expect.poll(job.log).toContain(`no permission, cause=JobCallError, hint="${hint} "`);
});

test('a type that is imported like a value is told with what to write instead', async () => {
  await using job = await startJob(
    {
      'job.ts': `import { Extra } from './types.ts';\nexport const perform = ({ a }: Extra) => a;`,
      'types.ts': 'export interface Extra { a: number }',
    },
    { entrypoint_path: 'job.ts' },
  );

  expect((await job.get('/live')).text).toContain('import type { Extra }');
});

test('an entrypoint with nothing to call fails', async () => {
  await using job = await startJob(
    { 'job.mjs': 'export default class Job { preform() {} }' },
    { entrypoint_path: 'job.mjs' },
  );

  expect((await job.get('/live')).text).toContain('nothing to call: give it a method perform');
});

test.each([
  ['..', 'latest', '/api/v1/perform'],
  ['%2e%2E', 'latest', '/api/v1/perform'],
  ['adder', '.', '/api/v1/perform'],
  ['adder', '', '/api/v1/perform'],
  ['a/b', 'latest', '/api/v1/perform'],
  ['a?b', 'latest', '/api/v1/perform'],
  ['a#b', 'latest', '/api/v1/perform'],
  ['a\n', 'latest', '/api/v1/perform'],
  ['adder', 'latest', '/../../other'],
  ['adder', 'latest', '/a/%252e%2e/b'],
  ['adder', 'latest', '/a%2f..%5cb'],
  ['adder', 'latest', String.raw`/\..`],
  ['adder', 'latest', '/.\t./b'],
])('a call stays in the job that it names: %j %j %j', async (name, version, path) => {
  vi.stubGlobal('fetch', () => expect.unreachable('the token has left'));
  Object.assign(settings, { pubUrl: 'http://pub' });

  await expect(callJob(name, path, {}, { version })).rejects.toThrow(TypeError);
});

test('the token of a job goes nowhere that another job redirects to', async () => {
  vi.unstubAllGlobals();
  let isAsked = false;
  await using elsewhere = await serve((_request, response) => {
    isAsked = true;
    response.end('{}');
  });
  await using pub = await serve((_request, response) => {
    response.writeHead(307, { location: `${elsewhere.url}/steal?secret=1` }).end();
  });
  Object.assign(settings, { pubUrl: pub.url, authToken: 'secret' });

  await expect(callJob('adder')).rejects.toThrow(
    /^job adder has answered 307, a redirect to \/steal, which is not followed/,
  );
  expect(isAsked).toBe(false);
});

test("callers' tokens do not reach the code of the job", () => {
  const raw = [
    ...['Auth', 'Esc-Auth', 'User-Auth', 'Job-Auth'].flatMap((name) => [`X-Racetrack-${name}`, 'secret']),
    'Cookie',
    'a=1; X-Racetrack-Auth =secret; x-racetrack-auth=secret;b=2',
    'Cookie',
    'X-Racetrack-Auth',
  ];

  expect(new JobContext(raw.join('\n')).headers).toEqual({ cookie: 'a=1;b=2' });
});

test('results, errors and endpoints of every kind', async () => {
  await using job = await startJob({ 'job.mjs': KINDS }, { entrypoint_path: 'job.mjs', call_timeout: 0.5 });
  const kind = async (name: string, accept?: string) =>
    await job.call({ kind: name }, accept === undefined ? {} : { accept });

  expect((await kind('date')).text).toBe('{"at":"1970-01-01T00:00:00.000Z","map":{"a":[1]},"bytes":[0.5]}');
  expect((await kind('nothing')).text).toBe('null');
  expect(await kind('binary')).toEqual({
    status: 200,
    type: 'application/octet-stream',
    text: '\u0001\u0002\u00ff',
  });
  expect(await kind('stream')).toMatchObject({ type: 'application/x-ndjson', text: '{"a":1}\n"two"\n' });
  expect(await kind('stream', 'text/event-stream')).toMatchObject({
    type: 'text/event-stream',
    text: 'data: {"a":1}\n\ndata: "two"\n\n',
  });
  await expect(kind('broken')).rejects.toThrow('aborted');
  await expect(job.call({ kind: 'broken' }, { isChunked: true })).rejects.toThrow('aborted');
  expect(await kind('function')).toMatchObject({
    status: 500,
    text: expect.stringContaining('$.a[0].b is a function') as unknown,
  });
  expect(await kind('cycle')).toMatchObject({
    status: 500,
    text: expect.stringContaining('$.self is a cycle') as unknown,
  });
  expect(await kind('status')).toMatchObject({ status: 503 });
  expect(await kind('bug')).toMatchObject({
    status: 500,
    text: expect.stringContaining('"type":"TypeError"') as unknown,
  });
  expect((await kind('lost')).text).toBe('"fine"');
  expect((await kind('context')).text).toBe('{"kind":"context"}');
  expect(await job.call({}, { path: '/refuse' })).toMatchObject({ status: 400 });
  expect((await job.get('/api/v1/source')).text).toBe(KINDS);
  expect((await job.get('/metrics')).text).toContain('models{kind="a\\"b"} 3\n');
  await expect.poll(job.log).toContain('nobody waits for me');

  // A call that computes for ever is ended with its thread, and the next one works. One that only waited for it says so.
  const loop = kind('loop');
  const waiting = kind('loop');
  expect(await loop).toMatchObject({ status: 504, text: expect.stringContaining('took longer') as unknown });
  expect((await waiting).text).toMatch(/wait(?:s|ed) for its turn/);
  expect(await job.get('/live')).toMatchObject({ status: 200 });
  // The new thread has to start, and calls wait no longer for it than for anything else.
  await expect.poll(async () => (await kind('quick')).text, { timeout: 15_000 }).toBe('"quick"');
});

test('the documentation says what comes back: types, streams, bytes, or that nobody knows', async () => {
  const text = `
    /**
     * Does
     * **something**. With more words.
     *
     * @param {number} input.a - what goes in
     */
    export function perform(input: { a: number }): Promise<{ b: string }> {}
    function* stream(): Generator<number> {}
    const bytes = (): Buffer => Buffer.alloc(1);
    const unknown = () => {};
    export const auxiliary_endpoints = () => ({ '/stream': stream, '/bytes': bytes, '/unknown': unknown });`;
  await using job = await startJob({ 'job.ts': text }, { entrypoint_path: 'job.ts' });
  const answer = (content: object) => ({ post: { responses: { 200: { content } } } });

  const { paths } = JSON.parse((await job.get('/openapi.json')).text) as { paths: Record<string, object> };

  expect(paths['/api/v1/perform']).toMatchObject({
    post: {
      summary: 'Does something.',
      description: 'Does\n**something**. With more words.',
      requestBody: {
        content: { 'application/json': { schema: { properties: { a: { description: 'what goes in' } } } } },
      },
      responses: {
        200: { content: { 'application/json': { schema: { properties: { b: { type: 'string' } } } } } },
      },
    },
  });
  expect(paths['/api/v1/stream']).toMatchObject(
    answer({ 'text/event-stream': {}, 'application/x-ndjson': { schema: { type: 'number' } } }),
  );
  expect(paths['/api/v1/bytes']).toMatchObject(answer({ 'application/octet-stream': {} }));
  expect(paths['/api/v1/unknown']).toMatchObject(
    answer({ 'application/json': { schema: {}, example: 'any JSON value' } }),
  );
});

test('packages are installed and found by the code of the job', async () => {
  await using job = await startJob(
    {
      'job.ts': `import { double } from 'doubler';\nexport const perform = ({ x }: { x: number }) => double(x);`,
      'package.json': JSON.stringify({ dependencies: { doubler: 'file:doubler' } }),
      'doubler/package.json': JSON.stringify({
        name: 'doubler',
        version: '1.0.0',
        type: 'module',
        exports: './index.js',
      }),
      'doubler/index.js': 'export const double = (x) => 2 * x;',
    },
    { entrypoint_path: 'job.ts', dependencies_path: 'package.json' },
  );

  expect((await job.call({ x: 21 })).text).toBe('42');
  expect(await job.call({ x: 'many' })).toMatchObject({ status: 400 });
});

test('a mistake in the source fails the build with file and line', async () => {
  await expect(
    startJob({ 'job.ts': 'export function perform( {' }, { entrypoint_path: 'job.ts' }),
  ).rejects.toThrow(/job\.ts:1: SyntaxError: .*\n {4}export function perform/);
});

async function serve(listener: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
