import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { openRawConnection } from '@racetrack-platform/testing';
import { expect, test, vi } from 'vitest';
import { ReportQueue } from '../runtime/worker/report-queue.ts';
import { startJob } from './job-process-harness.ts';

const HOSTILE = `
  const memory = new WebAssembly.Memory({ initial: 1 });
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const grown = new Uint8Array(memory.buffer);
  memory.grow(1);
  const error = (fields) => { throw Object.assign(new Error('x'), fields); };
  const explode = () => { throw new Error('again'); };
  const kinds = {
    detached: () => detached,
    buffer: () => detached.buffer,
    grown: () => grown,
    proxy: () => new Proxy(new Uint8Array(8), {}),
    *chunk() { yield detached; },
    message: () => error({ message: { a: 1n } }),
    toJSON: () => error({ message: { toJSON: explode } }),
    symbol: () => error({ name: Symbol() }),
    name: () => error({ name: { toString: explode } }),
    stack: () => { throw Object.defineProperty(new Error('x'), 'stack', { get: explode }); },
    trap: () => { throw new Proxy(new Error('x'), { getPrototypeOf: explode, get: explode }); },
    context: (context) => { Object.defineProperty(context, 'tracingId', { get: explode }); explode(); },
    accept(context) { Object.defineProperty(context, 'headers', { value: { accept: 5 } }); return [1].values(); },
    frozen: (context) => { context.headers.accept = 5; },
  };
  export function perform({ kind }, context) { return kind === 'fine' ? 'fine' : kinds[kind](context); }`;

test('whatever the job returns or throws, its callers and all others are answered', async () => {
  await using job = await startJob(
    { 'job.mjs': HOSTILE },
    { entrypoint_path: 'job.mjs', max_concurrency: 20 },
  );
  const kinds = [...HOSTILE.matchAll(/^ {4}\*?(\w+)[:(]/gm)].map(([, kind = '']) => kind);
  expect(kinds).toHaveLength(14);

  const answers = await Promise.all(
    kinds.flatMap((kind) => [job.call({ kind }), job.call({ kind: 'fine' })]),
  );

  expect(
    answers.map(({ status, text }) => [
      status,
      status === 200 ? text : Object.hasOwn(JSON.parse(text) as object, 'error'),
    ]),
  ).toEqual(
    kinds.flatMap(() => [
      [500, true],
      [200, '"fine"'],
    ]),
  );
});

test('results that cannot cross to the other thread take no others with them', () => {
  const { port1, port2 } = new MessageChannel();
  const reports = new ReportQueue(port1);
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  reports.push(200, 1, '', 'one');
  reports.push(200, 2, '', detached);
  reports.push(200, 3, '', 'three');

  reports.flush();

  const received = [1, 2, 3].map(() => receiveMessageOnPort(port2)?.message as unknown);
  port1.close();
  expect(received).toEqual([
    [200, 1, '', 'one'],
    [500, 2, '', expect.stringContaining('could not be handed over')],
    [200, 3, '', 'three'],
  ]);
});

test('downloads that are broken off leave no file open', async () => {
  await using job = await startJob(
    {
      'job.mjs': `export default class { perform() {} static_endpoints() { return { '/big': 'big.txt' }; } }`,
      'big.txt': 'x'.repeat(8_000_000),
    },
    { entrypoint_path: 'job.mjs' },
  );
  const listOpen = (): string[] => readdirSync(`/proc/${job.pid}/fd`);
  const before = listOpen().length;
  const head = 'GET /api/v1/big HTTP/1.1\r\nHost: job\r\n';

  for (const more of ['', 'Connection: close\r\n']) {
    for (let count = 0; count < 10; count += 1) {
      using connection = await openRawConnection(job.socketPath);
      await connection.write(`${head}${more}\r\n`);
      await connection.untilReceived(/xxx/);
    }
  }

  await expect.poll(() => listOpen().length).toBeLessThanOrEqual(before + 2);
});

test('a call in flight counts before its body has been read', async () => {
  await using job = await startJob(
    { 'job.mjs': 'export const perform = () => 42;' },
    { entrypoint_path: 'job.mjs', max_inflight_requests: 1 },
  );
  const status = async () => (await job.call({})).status;
  const slow = request({
    socketPath: job.socketPath,
    path: '/api/v1/perform',
    method: 'POST',
    headers: { 'content-length': 1000 },
  });
  slow.on('error', () => undefined).flushHeaders();

  await expect.poll(status).toBe(429);
  slow.destroy();
  await expect.poll(status).toBe(200);
  expect(await status()).toBe(200);
});

const FRAGILE = `
  import { existsSync, writeFileSync, rmSync } from 'node:fs';
  import { parentPort } from 'node:worker_threads';
  if (existsSync('broken')) { rmSync('broken'); throw new Error('the model is missing'); }
  const kinds = {
    break: () => writeFileSync('broken', ''),
    end: () => { writeFileSync('ends', ''); parentPort.unref(); },
    loop: () => { for (;;); },
    quick: () => 'quick',
  };
  if (existsSync('ends')) setInterval(() => parentPort.unref(), 5).unref();
  export function perform({ kind }) { return kinds[kind](); }`;

test('a job whose thread cannot be replaced at once comes back by itself', async () => {
  await using job = await startJob({ 'job.mjs': FRAGILE }, { entrypoint_path: 'job.mjs', call_timeout: 0.2 });
  const ready = async () => await job.get('/ready');
  await job.call({ kind: 'break' });

  expect(await job.call({ kind: 'loop' })).toMatchObject({ status: 504 });

  await expect.poll(ready).toMatchObject({ status: 500, text: expect.stringContaining('model is missing') });
  expect(await job.get('/live')).toMatchObject({ status: 200 });
  expect(await job.call({ kind: 'quick' })).toMatchObject({
    status: 503,
    text: expect.stringContaining('the model is missing') as unknown,
  });
  await expect.poll(ready, { timeout: 5_000 }).toMatchObject({ status: 200, text: '{"ready":true}' });
  expect(await job.call({ kind: 'quick' })).toMatchObject({ status: 200 });
});

test('a thread that ends as soon as it is ready is replaced with pauses', async () => {
  await using job = await startJob({ 'job.mjs': FRAGILE }, { entrypoint_path: 'job.mjs' });

  await job.call({ kind: 'end' });

  await expect.poll(async () => await job.get('/ready')).toMatchObject({ status: 500 });
  await expect.poll(() => job.log().match(/a thread of the job has ended/g)).toHaveLength(2);
});

test('a job whose only thread never gets through its second initialisation is not ready, and says so', async () => {
  const text = `
    import { existsSync, writeFileSync } from 'node:fs';
    if (existsSync('begun')) await new Promise(() => setInterval(() => {}, 1000));
    writeFileSync('begun', '');
    export function perform() { for (;;); }`;
  await using job = await startJob({ 'job.mjs': text }, { entrypoint_path: 'job.mjs', call_timeout: 0.3 });

  expect((await job.call({})).status).toBe(504);
  await vi.waitUntil(async () => (await job.get('/ready')).status === 500, { timeout: 15_000 });

  expect((await job.get('/ready')).text).toContain('its initialisation takes longer than');
  expect((await job.call({})).status).toBe(503);
});
