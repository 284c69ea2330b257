import { once } from 'node:events';
import { mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '@racetrack-platform/testing';
import { readDeployBody } from '../deployments/read-deploy-body.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { createServer } from './create-server.ts';

const LIMITS = { requestTimeoutMs: 5_000, headTimeoutMs: 200, bodyPauseMs: 200, checkIntervalMs: 50 };
const HALF_A_BODY =
  'Host: a\r\nContent-Type: application/json\r\nContent-Length: 3000000\r\n\r\n{"manifest": ';
const LARGE_PART = 'x'.repeat(1_200_000);

describe('a request that stops coming', () => {
  let app: FastifyInstance;
  let directory: string;
  let endedUploads = 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'racetrack-slow-'));
    app = createServer({
      logger: createLogger({ level: 'silent', name: 'test' }),
      metrics: createMetrics({ defaults: false }),
      prefix: '/lifecycle',
      limits: { ...LIMITS, bodyBytes: 10_000_000 },
    });
    app.post('/parsed', async () => ({}));
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
      scope.post('/upload', async (request) => {
        try {
          return await readDeployBody(request.body as Readable, directory);
        } finally {
          endedUploads += 1;
        }
      });
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await app.close();
    await rm(directory, { recursive: true });
  });

  /** Sends `text`, then nothing; answers what came until the server closed the connection. */
  async function send(text: string): Promise<string> {
    const { port } = app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    socket.on('error', () => {});
    socket.write(text);
    await once(socket, 'close');
    return received;
  }

  test.each([
    ['in its first line', 'POST /par', 408],
    ['in its head', 'POST /parsed HTTP/1.1\r\nHost: a\r\nX-Slow: ', 408],
    ['in its body', `POST /parsed HTTP/1.1\r\n${HALF_A_BODY}`, 408],
    ['with a head that is too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}`, 431],
    ['with what is no HTTP', 'no HTTP\r\n\r\n', 400],
  ])('%s is refused in our words, and the connection closed', async (_title, text, status) => {
    const answer = await send(text);

    expect(answer.split(' ')[1]).toBe(String(status));
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({
      error: expect.stringContaining('the request is refused: ') as string,
      code: 'BAD_REQUEST',
      hint: expect.any(String) as string,
      request_id: expect.any(String) as string,
    });
  });

  test('in the middle of an upload leaves no file, neither on the disk nor open', async () => {
    const answer = await send(`POST /upload HTTP/1.1\r\n${HALF_A_BODY}${LARGE_PART}`);

    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    await waitUntil('the upload to end', () => endedUploads === 1);
    expect(await readdir(directory)).toEqual([]);
    expect(await listOpenFiles()).not.toContainEqual(expect.stringContaining(directory));
  });

  test('is patient with one that is slow and goes on', async () => {
    const { port } = app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    const answered = once(socket, 'data') as Promise<[Buffer]>;
    const body = '{"a": "0123456789"}';
    socket.write(
      `POST /parsed HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    const letters = body.split('');
    const timer = setInterval(() => socket.write(letters.shift() ?? ''), 40);

    const [answer] = await answered;

    clearInterval(timer);
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 200 /);
  });
});

/** Paths that this process holds open; nothing where the system does not tell. */
async function listOpenFiles(): Promise<string[]> {
  const names = await readdir('/proc/self/fd').catch(() => []);
  return await Promise.all(
    names.map(async (name) => await readlink(`/proc/self/fd/${name}`).catch(() => '')),
  );
}
