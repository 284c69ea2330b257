import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpCall, jsonOf } from '../testing/http-call.ts';
import { buildJob } from '../testing/records.ts';
import { startPlatform, TOKEN, type Platform } from '../testing/start-platform.ts';
import { pause, waitUntil } from '../testing/wait-until.ts';

const AUTH = { 'X-Racetrack-Auth': TOKEN };
const BROKEN = 'Reverse proxy error: connection broken to a target job (job may have died): EOF';

let platform: Platform;
let counter = 0;

beforeAll(async () => {
  platform = await startPlatform({ environment: { RACETRACK_RESPONSE_TIMEOUT_MS: '200' } });
});
afterAll(async () => await platform.stop());

/** Deploys a job whose instance does with each connection what is given, and tells its path. */
async function deployRaw(listener: (socket: Socket, request: string) => void): Promise<string> {
  counter += 1;
  const name = `raw${counter}`;
  const instance = await platform.startRawInstance(name, (socket) => {
    socket.on('data', (chunk) => listener(socket, chunk.toString('latin1')));
  });
  await platform.feed.commit({ put: buildJob({ name, instances: [instance] }) });
  return `/pub/job/${name}/1.0.0/x`;
}

describe('a job that breaks before its response', () => {
  test.each<[string, string]>([
    ['closes without a word', ''],
    ['closes in the middle of the status line', 'HTTP/1.1 20'],
    ['closes in the middle of the headers', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['sends only an interim response', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
  ])('that %s is answered with 502 and the text that clients know', async (_title, bytes) => {
    const path = await deployRaw((socket) => socket.end(bytes));
    const answer = await httpCall(platform.url, path, { method: 'POST', body: 'x', headers: AUTH });

    expect(answer.status).toBe(502);
    expect(jsonOf(answer)).toEqual({
      error: BROKEN,
      code: 'UPSTREAM_UNAVAILABLE',
      hint: `See what the job says: racetrack logs raw${counter} --version 1.0.0`,
      type: 'RuntimeError',
      jobName: `raw${counter}`,
      jobVersion: '1.0.0',
      jobStatus: 'running',
      caller: 'User alice',
      requestId: answer.headers['x-request-tracing-id'],
      request_id: answer.headers['x-request-tracing-id'],
    });
  });

  test.each<[string, string]>([
    ['speaks no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n'],
    [
      'switches protocols unasked',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    ],
    [
      'contradicts itself on the length',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    ],
  ])('that %s is answered with 502', async (_title, bytes) => {
    const path = await deployRaw((socket) => socket.end(bytes));
    const answer = await httpCall(platform.url, path, { headers: AUTH });

    expect(answer.status).toBe(502);
    expect(jsonOf(answer)['error']).toMatch(/^Reverse proxy error: /);
  });

  test('that does not listen is answered with 502 and the name of its socket only', async () => {
    const address = { kind: 'unix', path: `${platform.directory}/gone.sock` } as const;
    await platform.feed.commit({ put: buildJob({ name: 'gone', instances: [{ id: 'gone-1', address }] }) });
    const answer = await httpCall(platform.url, '/job/gone/latest', { headers: AUTH });

    expect(answer.status).toBe(502);
    expect(jsonOf(answer)['error']).toBe(
      'Reverse proxy error: connection refused to a target job (job may be dead): dial unix gone.sock: connect: connection refused',
    );
  });

  test('that listens on TCP no more is answered likewise', async () => {
    const address = { kind: 'tcp', host: '127.0.0.1', port: 1 } as const;
    await platform.feed.commit({ put: buildJob({ name: 'tcp', instances: [{ id: 'tcp-1', address }] }) });

    expect(jsonOf(await httpCall(platform.url, '/job/tcp/latest', { headers: AUTH }))['error']).toBe(
      'Reverse proxy error: connection refused to a target job (job may be dead): dial tcp 127.0.0.1:1: connect: connection refused',
    );
  });

  test('that never says "continue" gets the body after a second', async () => {
    const path = await deployRaw((socket, received) => {
      if (received.includes('body')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const headers = { ...AUTH, Expect: '100-continue' };
    const answer = await httpCall(platform.url, path, { method: 'POST', body: 'body', headers });
    expect([answer.status, answer.body.toString()]).toEqual([200, 'ok']);
  });

  test('that has no instance is answered with 502 and its status', async () => {
    await platform.feed.commit({ put: buildJob({ name: 'failed', status: 'error' }) });
    const answer = await httpCall(platform.url, '/job/failed/latest', { headers: AUTH });

    expect(answer.status).toBe(502);
    expect(jsonOf(answer)).toMatchObject({ jobName: 'failed', jobVersion: '1.0.0', jobStatus: 'error' });
  });

  test('that does not answer in time is answered with 504', async () => {
    const path = await deployRaw(() => {});
    const answer = await httpCall(platform.url, path, { headers: AUTH });

    expect(answer.status).toBe(504);
    expect(jsonOf(answer)).toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      error: 'Reverse proxy error: request to a job timed out: it did not answer within 200 ms',
    });
  });
});

describe('a job that breaks off its response', () => {
  test.each<[string, string]>([
    ['a declared length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nhalf'],
    ['nothing but a head', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'],
  ])('with %s leaves the client with a message that is not complete', async (_title, bytes) => {
    const path = await deployRaw((socket) => {
      socket.write(bytes);
      setTimeout(() => socket.destroy(), 20);
    });
    const answer = await httpCall(platform.url, path, { headers: AUTH });

    expect(answer.isComplete).toBe(false);
  });

  test('with chunks resets the connection of a client that would see no difference', async () => {
    const path = await deployRaw((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
      setTimeout(() => socket.destroy(), 20);
    });
    const code = await new Promise<string | undefined>((resolve) => {
      const socket = connect(Number(new URL(platform.url).port), '127.0.0.1');
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
      socket.once('end', () => resolve('END'));
      socket.resume().write(`GET ${path} HTTP/1.0\r\nX-Racetrack-Auth: ${TOKEN}\r\n\r\n`);
    });
    expect(code).toBe('ECONNRESET');
  });
});

describe('a retry', () => {
  const answerOnce = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  /** Answers the first request of a connection and breaks at the second, like a job closing an idle connection. */
  async function deployForgetful(): Promise<{ path: string; requests: () => number }> {
    let requests = 0;
    const served = new WeakSet<Socket>();
    const path = await deployRaw((socket) => {
      requests += 1;
      if (served.has(socket)) socket.destroy();
      else socket.write(answerOnce);
      served.add(socket);
    });
    return { path, requests: () => requests };
  }

  test('replaces a stale pooled connection for an idempotent call', async () => {
    const { path, requests } = await deployForgetful();
    const first = await httpCall(platform.url, path, { headers: AUTH });
    const second = await httpCall(platform.url, path, { headers: AUTH });

    expect([first.status, second.status]).toEqual([200, 200]);
    expect(requests()).toBe(3);
  });

  test('never repeats a POST that the job may have executed', async () => {
    const { path, requests } = await deployForgetful();
    await httpCall(platform.url, path, { headers: AUTH });
    const second = await httpCall(platform.url, path, {
      method: 'POST',
      headers: { ...AUTH, 'Content-Length': '0' },
    });

    expect(second.status).toBe(502);
    expect(requests()).toBe(2);
  });

  test('is not given to a first attempt on a fresh connection', async () => {
    let requests = 0;
    const path = await deployRaw((socket) => {
      requests += 1;
      socket.destroy();
    });
    expect((await httpCall(platform.url, path, { headers: AUTH })).status).toBe(502);
    expect(requests).toBe(1);
  });

  test('goes to another instance when one accepts no connection, body included', async () => {
    const bodies: string[] = [];
    const alive = await platform.startInstance('pair-2', (incoming, response) => {
      incoming.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
      incoming.once('end', () => response.end('ok'));
    });
    const dead = {
      id: 'pair-1',
      address: { kind: 'unix', path: `${platform.directory}/pair-1.sock` },
    } as const;
    await platform.feed.commit({ put: buildJob({ name: 'pair', instances: [dead, alive] }) });
    for (let call = 0; call < 4; call += 1) {
      const answer = await httpCall(platform.url, '/job/pair/1.0.0', {
        method: 'POST',
        body: `${call}`,
        headers: AUTH,
      });
      expect(answer.status).toBe(200);
    }
    expect(bodies).toEqual(['0', '1', '2', '3']);
  });
});

describe('the pool', () => {
  test('keeps connections to a job, and lets go of those that the job closed while idle', async () => {
    const connections = new Set<Socket>();
    const path = await deployRaw((socket) => {
      connections.add(socket);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    const post = async () =>
      await httpCall(platform.url, path, { method: 'POST', headers: { ...AUTH, 'Content-Length': '0' } });
    for (let call = 0; call < 10; call += 1) expect((await post()).status).toBe(200);
    const before = connections.size;
    for (const socket of connections) socket.end();
    await pause(50);

    expect((await post()).status).toBe(200);
    expect([before, connections.size]).toEqual([1, 2]);
  });

  test('spreads calls in flight over the instances', async () => {
    const hits: string[] = [];
    const release: (() => void)[] = [];
    const start = async (id: string) =>
      await platform.startInstance(id, (_incoming, response) => {
        hits.push(id);
        release.push(() => response.end());
      });
    const instances = [await start('even-1'), await start('even-2')];
    await platform.feed.commit({ put: buildJob({ name: 'even', instances }) });
    const calls = Array.from({ length: 6 }, () =>
      httpCall(platform.url, '/job/even/latest', { headers: AUTH }),
    );
    await waitUntil(() => hits.length === 6);
    for (const finish of release) finish();
    await Promise.all(calls);

    expect(hits.filter((id) => id === 'even-1')).toHaveLength(3);
  });
});
