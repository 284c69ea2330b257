import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpCall } from '../testing/http-call.ts';
import { readInFlight } from '../testing/in-flight.ts';
import type { FakeInstance } from '../testing/start-platform.ts';
import type { FeedChange } from '../testing/fake-feed.ts';
import { buildGrant, buildJob, buildSubject, buildToken } from '../testing/records.ts';
import { startPlatform, TOKEN, type Platform } from '../testing/start-platform.ts';
import { pause, waitUntil } from '../testing/wait-until.ts';

let platform: Platform;
let instance: FakeInstance;
let upstreamClosed = 0;
let upstreamHeaders: NodeJS.Dict<string | string[]> = {};

beforeAll(async () => {
  platform = await startPlatform();
  instance = await platform.startInstance('echo-1', (incoming, response) => {
    response.writeHead(incoming.url?.endsWith('/declined') === true ? 403 : 200).end('x'.repeat(300_000));
  });
  instance.server.on('upgrade', (incoming, socket: Socket, head: Buffer) => {
    if (incoming.url?.endsWith('/declined') === true) {
      socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`);
      return;
    }
    upstreamHeaders = incoming.headers;
    const protocol = incoming.url?.endsWith('/liar') === true ? 'other' : 'websocket';
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`);
    socket.on('error', () => {});
    socket.once('close', () => (upstreamClosed += 1));
    socket.once('end', () => incoming.url?.endsWith('/stubborn') === true || socket.end());
    if (head.length > 0) socket.write(head);
    socket.on('data', (chunk) => (chunk.toString() === 'bye' ? socket.end('bye') : socket.write(chunk)));
  });
  await platform.feed.commit({ put: buildJob({ name: 'echo', instances: [instance] }) });
});
afterAll(async () => await platform.stop());

/** Opens an upgrade and answers with the head of the response and the socket. */
async function upgrade(
  path: string,
  lines: readonly string[],
  first = '',
  url = platform.url,
  onSent: (socket: Socket) => void = () => {},
): Promise<{ text: () => string; socket: Socket }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('error', () => {});
  const head = [`GET ${path} HTTP/1.1`, 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket', ...lines];
  socket.write(`${head.join('\r\n')}\r\n\r\n${first}`);
  onSent(socket);
  await waitUntil(() => text.includes('\r\n\r\n'));
  return { text: () => text, socket };
}

const COOKIE = [`Cookie: X-Racetrack-Auth=${TOKEN}; a=b`];

describe('an upgrade', () => {
  test('is authorised by cookie, then carries bytes both ways until one side closes', async () => {
    const { text, socket } = await upgrade('/pub/job/echo/latest/ws', COOKIE, 'early ');
    expect(text()).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(text().toLowerCase()).toContain('\r\nupgrade: websocket\r\n');
    expect(text().toLowerCase()).toContain('\r\nx-request-tracing-id: ');
    expect(upstreamHeaders).toMatchObject({
      cookie: 'a=b',
      connection: 'Upgrade',
      'x-caller-name': 'User alice',
    });

    socket.write('hello');
    await waitUntil(() => text().endsWith('early hello'));
    socket.write('bye');
    await waitUntil(() => text().endsWith('bye') && socket.readableEnded);
    socket.destroy();
  });

  test.each([
    ['its own page, with the cookie', ['Origin: http://A', ...COOKIE], 101],
    ['a program, with a header', ['Origin: http://evil.example', `X-Racetrack-Auth: ${TOKEN}`], 101],
    ['a foreign page, with the cookie', ['Origin: http://evil.example', ...COOKIE], 401],
    ['a page of another port, with the cookie', ['Origin: http://a:7003', ...COOKIE], 401],
  ])('asked for by %s is answered %i', async (_title, lines, status) => {
    upstreamHeaders = {};
    const { text, socket } = await upgrade('/pub/job/echo/latest/ws', lines);
    socket.destroy();

    expect(text().split(' ')[1]).toBe(String(status));
    expect(upstreamHeaders.upgrade).toBe(status === 101 ? 'websocket' : undefined);
  });

  const BOB = 'token-of-bob';
  const aJob = (): FeedChange => ({
    put: buildJob({ name: 'ends', instances: [{ ...instance, id: 'ends-1' }] }),
  });
  test.each<[string, FeedChange]>([
    ['the user is deactivated', { remove: { kind: 'subject', id: 'bob' } }],
    ['the token is revoked', { remove: { kind: 'token', id: buildToken(BOB, 'bob').id } }],
    ['the token has expired', { put: buildToken(BOB, 'bob', 1) }],
    ['the permission is withdrawn', { put: buildSubject('bob', [buildGrant({ family: 'other' })]) }],
    ['the version is deleted', { remove: { kind: 'job', id: 'ends-1.0.0' } }],
  ])('ends when %s, and nobody else does', async (_title, change) => {
    await platform.feed.commit(aJob(), { put: buildSubject('bob') }, { put: buildToken(BOB, 'bob') });
    const closedBefore = upstreamClosed;
    const bob = await upgrade('/pub/job/ends/latest/ws', [`X-Racetrack-Auth: ${BOB}`]);
    const alice = await upgrade('/pub/job/echo/latest/ws', COOKIE);
    await platform.feed.commit({ put: buildSubject('carol') });
    bob.socket.write('still here');
    await waitUntil(() => bob.text().endsWith('still here'));

    await platform.feed.commit(change);
    bob.socket.write('too late');
    await waitUntil(() => bob.socket.readableEnded && upstreamClosed > closedBefore);
    alice.socket.write('unharmed');
    await waitUntil(() => alice.text().endsWith('unharmed'));

    expect(bob.text()).not.toContain('too late');
    for (const { socket } of [bob, alice]) socket.destroy();
  });

  test('ends towards the job when the client goes away', async () => {
    const before = upstreamClosed;
    const { socket } = await upgrade('/pub/job/echo/latest/ws', COOKIE);
    socket.destroy();
    await waitUntil(() => upstreamClosed > before);
    expect(upstreamClosed).toBe(before + 1);
  });

  test('counts as a call in flight until it ends, also to a job that ignores the end', async () => {
    const { socket } = await upgrade('/pub/job/echo/latest/stubborn', COOKIE);
    expect(await readInFlight(platform)).toEqual({ 'echo-1': 1 });
    socket.destroy();
    await waitUntil(async () => Object.keys(await readInFlight(platform)).length === 0);
  });

  test.each([
    ['without a token', '/pub/job/echo/latest/ws', [], 401],
    ['to an unknown job', '/pub/job/nobody/latest/ws', COOKIE, 404],
    ['that the job declines', '/pub/job/echo/latest/declined', COOKIE, 403],
    ['that the job turns into another protocol', '/pub/job/echo/latest/liar', COOKIE, 502],
    ['to no route', '/nowhere', COOKIE, 404],
  ])('%s is answered like a call', async (_title, path, lines, status) => {
    const { text, socket } = await upgrade(path, lines);
    await waitUntil(() => socket.readableEnded);
    const length = Number(/content-length: (\d+)/i.exec(text())?.[1]);

    expect(text().split(' ')[1]).toBe(String(status));
    expect(text().split('\r\n\r\n')[1]).toHaveLength(length);
    socket.destroy();
  });

  test('offered as h2c with a body is ignored', async () => {
    const answer = await httpCall(platform.url, '/pub/job/echo/latest/x', {
      method: 'POST',
      body: 'body',
      headers: {
        'X-Racetrack-Auth': TOKEN,
        Connection: 'Upgrade, HTTP2-Settings',
        Upgrade: 'h2c',
        'HTTP2-Settings': 'x',
      },
    });
    expect(answer.status).toBe(200);
  });

  test('is cut off when a shutdown has waited long enough', async () => {
    const other = await startPlatform();
    const address = await other.startRawInstance('ws-1', (socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    });
    await other.feed.commit({ put: buildJob({ name: 'ws', instances: [address] }) });
    const { socket } = await upgrade('/job/ws/latest', COOKIE, '', other.url);
    const startedAt = performance.now();
    await other.pub.stop(100);
    await waitUntil(() => socket.destroyed || socket.readableEnded);
    await other.stop();

    expect(performance.now() - startedAt).toBeGreaterThan(95);
  });

  test('that is pending is cancelled when its client leaves', async () => {
    const other = await startPlatform();
    const gone: string[] = [];
    const silent = await other.startRawInstance('mute-1', (socket) => {
      socket.resume();
      socket.once('end', () => socket.end());
      socket.once('close', () => gone.push('job'));
    });
    await other.feed.commit({ put: buildJob({ name: 'mute', instances: [silent] }) });
    const head = `GET /job/mute/latest HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${COOKIE[0] ?? ''}\r\n\r\n`;
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      gone.length = 0;
      const socket = connect(Number(new URL(other.url).port), '127.0.0.1');
      socket.on('error', () => {});
      socket.once('close', () => gone.push('client'));
      socket.resume().write(`${head}early`);
      await waitUntil(async () => (await readInFlight(other))['mute-1'] === 1);
      await pause(50);
      socket[leave]();
      await waitUntil(() => gone.length === 2);
      await waitUntil(async () => Object.keys(await readInFlight(other)).length === 0);
    }
    const startedAt = performance.now();
    await other.pub.stop(5_000);
    await other.stop();

    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  test.each([
    ['a few bytes', 10],
    ['more than is held', 1_000_000],
  ])('loses nothing of %s that come before the job agrees', async (_title, sizeBytes) => {
    const other = await startPlatform();
    let agree = (): void => {};
    let received = '';
    const late = await other.startRawInstance('late-1', (socket) => {
      socket.once('data', () => {
        socket.on('data', (chunk) => (received += chunk.toString('latin1')));
        agree = () =>
          socket.write('HTTP/1.1 101 \u0001\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nwelcome');
      });
    });
    await other.feed.commit({ put: buildJob({ name: 'late', instances: [late] }) });
    const body = Array.from({ length: sizeBytes }, (_, index) => String(index % 10)).join('');
    const opened = upgrade('/job/late/latest', COOKIE, body.slice(0, 5), other.url, (socket) => {
      setTimeout(() => socket.write(body.slice(5)), 20);
    });
    await waitUntil(async () => (await readInFlight(other))['late-1'] === 1);
    await pause(100);
    const before = received;
    agree();
    const { text, socket } = await opened;
    await waitUntil(() => received.length === sizeBytes && text().endsWith('welcome'));
    socket.destroy();
    await other.stop();

    expect(before).toBe('');
    expect(received === body).toBe(true);
    expect(text()).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
  });

  test('behind another request of the same connection is ignored', async () => {
    const socket = connect(Number(new URL(platform.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    const path = '/job/echo/latest/ws';
    socket.write(
      `GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${COOKIE[0] ?? ''}\r\n\r\n`,
    );
    await waitUntil(() => text.endsWith('x'.repeat(1_000)) || text.endsWith('0\r\n\r\n'));
    socket.destroy();

    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(2);
  });

  test('by CONNECT is no route', async () => {
    const status = await new Promise<number | undefined>((resolve) => {
      const { port } = new URL(platform.url);
      const outgoing = request({ port, method: 'CONNECT', path: 'example.org:443' });
      outgoing.once('connect', (answer, socket) => {
        socket.destroy();
        resolve(answer.statusCode);
      });
      outgoing.end();
    });
    expect(status).toBe(404);
  });
});
