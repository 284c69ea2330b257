import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request, type OutgoingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFront, type Front } from './front.ts';

const LOCAL_TOKEN = 'of-the-job-here';

let dir: string;
let job: Server;
let server: Server;
let front: Front;
/** What reached the server of the other jobs. */
const forwarded: string[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'rt-front-test-'));
  const socket = join(dir, 'job.sock');
  job = createServer((incoming, outgoing) => {
    const isEarly = incoming.url === '/early';
    if (isEarly) outgoing.on('finish', () => incoming.socket.end());
    outgoing.writeHead(isEarly ? 413 : 200).end('"of the job"');
  });
  job.on('upgrade', (_incoming, connection) =>
    connection.end('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: echo\r\n\r\n'),
  );
  await once(job.listen(socket), 'listening');
  server = createServer((incoming, outgoing) => {
    forwarded.push(`${incoming.url} ${String(incoming.headers['x-racetrack-auth'])}`);
    outgoing.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const findPubUrl = async (): Promise<string> =>
    await Promise.resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/pub`);
  front = await startFront({
    port: 0,
    mayMove: false,
    otherJobs: { findPubUrl, token: 'of-the-author' },
    localToken: LOCAL_TOKEN,
  });
  front.use({ name: 'adder', socket });
});

afterAll(async () => {
  await front[Symbol.asyncDispose]();
  job.close();
  server.close();
  await rm(dir, { recursive: true, force: true });
});

/** The path exactly as it is given, which `fetch` would tidy up. */
async function call(
  headers: OutgoingHttpHeaders,
  path = '/live',
): Promise<{ status: number | undefined; text: string }> {
  const sent = request({ host: '127.0.0.1', port: front.port, path, headers, agent: false }).end();
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; text: string }>();
  sent.on('error', reject);
  sent.on('upgrade', ({ statusCode }, connection) => {
    connection.destroy();
    resolve({ status: statusCode, text: '' });
  });
  sent.on('response', async (answer) => {
    const parts = await answer.toArray();
    resolve({ status: answer.statusCode, text: parts.join('') });
  });
  return await promise;
}

/** `PORT` is ours. */
function withPort(headers: Readonly<Record<string, string>>): OutgoingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(front.port))]),
  );
}

const UPGRADE = { connection: 'Upgrade', upgrade: 'echo' };

describe('the front of racetrack dev', () => {
  test.each([
    { host: '127.0.0.1:PORT' },
    { host: 'localhost:PORT', origin: 'http://localhost:PORT', 'sec-fetch-site': 'same-origin' },
    { host: '[::1]:PORT', origin: 'http://127.0.0.1:PORT' },
    // Through a tunnel.
    { host: 'localhost:8000', origin: 'http://localhost:8000' },
  ])('serves programs and its own pages: %o', async (headers) => {
    expect((await call(withPort(headers))).status).toBe(200);
    expect((await call({ ...withPort(headers), ...UPGRADE })).status).toBe(101);
  });

  test.each([
    // A page whose name was made to lead to this machine.
    { host: 'evil.example:PORT' },
    { host: 'localhost.evil.example:PORT' },
    { host: '127.0.0.1:PORT', origin: 'https://evil.example' },
    { host: '127.0.0.1:PORT', origin: 'null' },
    { host: '127.0.0.1:PORT', origin: 'http://localhost:1' },
    { host: '127.0.0.1:PORT', origin: 'http://localhost:PORT.evil.example' },
    // An image or a script of another page comes without Origin.
    { host: '127.0.0.1:PORT', 'sec-fetch-site': 'cross-site' },
  ])('refuses pages of others: %o', async (headers) => {
    for (const extra of [{}, UPGRADE]) {
      const answer = await call({ ...withPort(headers), ...extra });
      expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('this request is refused')]);
    }
  });

  test.each(['..', '.', '%2e%2E', '.%2e', '%252e%252e', '..%2fx', 'x%5c..', 'x\\..'])(
    'does not send the token of the author where a path with %s leads',
    async (segment) => {
      const headers = { 'x-racetrack-auth': LOCAL_TOKEN };
      const refused = await call(headers, `/pub/job/other/${segment}/lifecycle?a=1`);

      expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('part . or ..')]);
      expect(forwarded).toEqual([]);
    },
  );

  test('passes on an answer that comes before the request has ended', async () => {
    const body = Buffer.alloc(16 * 1024 * 1024);

    const answer = await fetch(`${front.url}/early`, { method: 'POST', body });

    expect([answer.status, await answer.text()]).toEqual([413, '"of the job"']);
  });

  test('sends it to other jobs, whatever their queries say', async () => {
    const path = '/pub/job/other/1.0.0/api/v1/perform?folder=../x';

    expect((await call({ 'x-racetrack-auth': LOCAL_TOKEN }, path)).status).toBe(200);
    expect(forwarded.splice(0)).toEqual([`${path} of-the-author`]);
  });
});
