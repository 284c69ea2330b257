import { createClient } from '@racetrack-platform/client';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { nodeFetch } from './node-fetch.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function connect(url: string, timeoutMs = 5_000) {
  return createClient({ url, token: 'tok', fetch: nodeFetch, retries: 0, timeoutMs });
}

test('uploads a build context whole and with its length', async () => {
  let received: { length: string | undefined; sizeBytes: number } | undefined;
  const url = await serve((request, response) => {
    let sizeBytes = 0;
    request.on('data', (chunk: Buffer) => (sizeBytes += chunk.length));
    request.on('end', () => {
      received = { length: request.headers['content-length'], sizeBytes };
      response.writeHead(200, JSON_TYPE).end('{"id":"d"}');
    });
  });
  const buildContext = Array.from({ length: 60 }, () => 'A'.repeat(100_000));

  expect(await connect(url).deploy({ manifest: {} }, { buildContext })).toEqual({ id: 'd' });
  expect(received?.sizeBytes).toBeGreaterThan(6_000_000);
  expect(received?.length).toBe(String(received?.sizeBytes));
});

test('takes a refusal that comes before the upload is complete', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(413, { ...JSON_TYPE, connection: 'close' }).end('{"error":"too large"}');
  });
  const buildContext = Array.from({ length: 60 }, () => 'A'.repeat(100_000));

  await expect(connect(url).deploy({ manifest: {} }, { buildContext })).rejects.toMatchObject({
    code: expect.stringMatching(/BODY_TOO_LARGE|SERVER_UNREACHABLE/) as string,
  });
});

test('sends non-ASCII text with its length in bytes', async () => {
  let body = '';
  const url = await serve((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => void response.writeHead(200, JSON_TYPE).end('{"username":"ü","token":"t"}'));
  });

  expect(await connect(url).login({ username: 'ü', password: '€' })).toMatchObject({ username: 'ü' });
  expect(JSON.parse(body)).toEqual({ username: 'ü', password: '€' });
});

test('fails on an answer that breaks off', async () => {
  const server = createTcpServer((socket) => {
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n[{'),
    );
  });
  cleanups.push(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  await expect(connect(url).listJobs()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
});

test('ends in time when nothing or not everything comes', async () => {
  const silent = await serve(() => undefined);
  const slow = await serve((_request, response) => void response.writeHead(200, JSON_TYPE).write('['));

  await expect(connect(silent, 60).listJobs()).rejects.toThrow(/no complete answer within/);
  await expect(connect(slow, 60).listJobs()).rejects.toThrow(/no complete answer within/);
});

test('follows no redirect by itself, so that the client can refuse it', async () => {
  const seen: string[] = [];
  const other = await serve((request, response) => {
    seen.push(request.url ?? '');
    response.end();
  });
  const url = await serve((_request, response) => void response.writeHead(302, { location: other }).end());

  await expect(connect(url).listJobs()).rejects.toThrow(/was redirected to/);
  expect(seen).toEqual([]);
});

test('speaks TLS with verification: a server without it is refused', async () => {
  const url = await serve((_request, response) => void response.end());

  await expect(connect(url.replace('http:', 'https:')).listJobs()).rejects.toThrow(/does not speak TLS/);
});
