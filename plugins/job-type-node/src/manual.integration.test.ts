import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { readFlag, readPage } from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startJob } from './job-process-harness.ts';

const PAGE = fileURLToPath(new URL('../../../docs/job_types/node.md', import.meta.url));

/** What the examples need beside them, by the page's words. */
const FILES = {
  'prices.json': '{"tea": 2.5}',
  'ui/index.html': '<title>Hello</title>',
  'about.txt': 'about\n',
};

type Expected = readonly [path: string, body: unknown, status: number, answer: unknown];

const ORDERED = [{ name: 'tea', price: 2.5, pieces: 4 }];

const CALLS: Readonly<Record<string, readonly Expected[]>> = {
  'adder.mjs': [
    ['/perform', { numbers: [40, 2] }, 200, 42],
    [
      '/perform',
      { numbres: [40, 2] },
      400,
      { error: 'missing argument: numbers; unknown argument: numbres (known: numbers, start)' },
    ],
  ],
  'prices.mjs': [
    ['/perform', { item: 'tea', pieces: 4 }, 200, 10],
    ['/perform', { item: 'cup' }, 404, { error: 'there is no cup' }],
    ['/has', { item: 'tea' }, 200, true],
  ],
  'order.ts': [
    ['/perform', { items: ORDERED }, 200, { total: 10, currency: 'EUR' }],
    [
      '/perform',
      { items: [{ name: 'tea', price: 'dear' }] },
      400,
      { error: 'argument items[0].price must be of type number, but is string' },
    ],
    [
      '/perform',
      { items: [], currency: 'CHF' },
      400,
      { error: 'argument currency must be one of "EUR", "USD"' },
    ],
  ],
  'discount.mjs': [
    ['/perform', { sum: 50 }, 200, 45],
    ['/perform', { sum: '50' }, 400, { error: 'argument sum must be of type number, but is string' }],
  ],
  'booking.mjs': [
    ['/perform', { seat: 1 }, 200, 'booked'],
    ['/perform', { seat: 0 }, 400, { error: 'seat 0 does not exist' }],
    ['/perform', { seat: 13 }, 409, { error: 'seat 13 is taken', type: 'Taken' }],
    ['/perform', { seat: 101 }, 500, { error: 'the plan of seats is lost' }],
  ],
  'rounded.mjs': [
    ['/perform', { numbers: [40, 2.4] }, 200, 42],
    ['/perform', { numbers: [] }, 200, null],
  ],
};

describe('the examples of docs/job_types/node.md', { concurrent: true }, () => {
  /** Stands for the platform: there is a job `adder`, for calls that are not empty. */
  const pub = createServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const isFound = request.url === '/pub/job/adder/1.x/api/v1/perform' && body !== '{"numbers":[]}';
      response.writeHead(isFound ? 200 : 404).end(isFound ? '42.4' : '{}');
    })();
  });
  let examples: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    examples = await readExamples();
    await new Promise((resolve) => void pub.listen(0, '127.0.0.1', () => resolve(undefined)));
    vi.stubEnv('PUB_URL', `http://127.0.0.1:${(pub.address() as AddressInfo).port}/pub`);
  });

  afterAll(() => {
    vi.unstubAllEnvs();
    pub.closeAllConnections();
    pub.close();
  });

  const start = async (name: string, extra: Readonly<Record<string, unknown>> = {}) =>
    await startJob(
      { ...FILES, [name]: examples[name] ?? expect.unreachable(`no example ${name}`) },
      { entrypoint_path: name, ...extra },
    );

  test.each(Object.entries(CALLS))('%s answers as promised', async (name, calls) => {
    await using job = await start(name);

    for (const [path, body, status, answer] of calls) {
      const answered = await job.call(body, { path });

      expect({ body, status: answered.status, answer: JSON.parse(answered.text) }).toMatchObject({
        body,
        status,
        answer,
      });
    }
  });

  test('countdown.mjs streams lines, or events', async () => {
    await using job = await start('countdown.mjs');

    expect(await job.call({ start: 2 })).toMatchObject({
      type: 'application/x-ndjson',
      text: '{"number":2}\n{"number":1}\n',
    });
    expect((await job.call({ start: 1 }, { accept: 'text/event-stream' })).text).toBe(
      'data: {"number":1}\n\n',
    );
  });

  test('page.mjs brings a page', async () => {
    await using job = await start('page.mjs', { home_page: '/api/v1/ui/index.html' });

    expect(await job.get('/')).toMatchObject({ status: 307 });
    expect(await job.get('/api/v1/ui/index.html')).toMatchObject({ text: '<title>Hello</title>' });
    expect(await job.get('/api/v1/about')).toMatchObject({ type: 'text/plain; charset=utf-8' });
    expect((await job.call({ name: 'Ada' })).text).toBe('"Hello, Ada."');
  });

  test('order.ts and prices.mjs are documented by types, comments and examples', async () => {
    await using order = await start('order.ts');
    await using prices = await start('prices.mjs');

    expect((await order.get('/openapi.json')).text).toContain('In euros.');
    expect((await prices.get('/openapi.json')).text).toContain('Whether there is such an item.');
    expect((await prices.get('/openapi.json')).text).toContain('{"item":"tea","pieces":4}');
    expect((await prices.get('/metrics')).text).toContain('lookups 0\n');
  });

  test('no example is left out', () => {
    const called = [...Object.keys(CALLS), 'countdown.mjs', 'page.mjs'];

    expect(Object.keys(examples).toSorted()).toEqual(called.toSorted());
  });
});

async function readExamples(): Promise<Record<string, string>> {
  const { blocks } = readPage(await readFile(PAGE, 'utf8'));
  const files = blocks.flatMap((block) => {
    const { language, text } = block;
    const name = readFlag(block, 'file');
    return name !== undefined && ['js', 'ts'].includes(language) ? [[name, `${text}\n`] as const] : [];
  });
  return Object.fromEntries(files);
}
