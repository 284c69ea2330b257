import { randomBytes } from 'node:crypto';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpCall, jsonOf } from '../testing/http-call.ts';
import { readInFlight } from '../testing/in-flight.ts';
import { jsonOfRaw, rawCall } from '../testing/raw-call.ts';
import { buildJob } from '../testing/records.ts';
import { startPlatform, TOKEN, type Platform } from '../testing/start-platform.ts';
import { pause, waitUntil } from '../testing/wait-until.ts';

const AUTH = { 'X-Racetrack-Auth': TOKEN };
const BASE = '/pub/job/adder/1.0.0';
const BODY_PAUSE_MS = 300;

let platform: Platform;
/** What the job saw last. */
let seen: IncomingMessage;
let isCanceled = false;
/** Makes the job send one server-sent event. */
let sendEvent: (text: string) => void;

beforeAll(async () => {
  platform = await startPlatform({ environment: { RACETRACK_BODY_PAUSE_MS: String(BODY_PAUSE_MS) } });
  const instance = await platform.startInstance('adder-1', (incoming, response) => {
    seen = incoming;
    const action = new URL(incoming.url ?? '', 'http://job').pathname.split('/').at(-1);
    switch (action) {
      case 'echo':
        response.writeHead(200, { 'Content-Type': incoming.headers['content-type'] ?? 'text/plain' });
        incoming.pipe(response);
        return;
      case 'sse':
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.flushHeaders();
        sendEvent = (text) => response.write(`data: ${text}\n\n`);
        return;
      case 'swallow':
        incoming.on('error', () => {});
        incoming.resume();
        return;
      case 'late':
        setTimeout(() => incoming.resume().once('end', () => response.end('all')), 4 * BODY_PAUSE_MS);
        return;
      case 'slow':
        response.once('close', () => (isCanceled = !response.writableFinished));
        response.writeHead(200).flushHeaders();
        return;
      case 'early':
        response.writeHead(413).end('too much');
        return;
      case 'empty':
        response.writeHead(204).end();
        return;
      case 'not-modified':
        response.writeHead(304, { ETag: '"x"' }).end();
        return;
      case 'hints':
        response.writeEarlyHints({ link: '</a.css>; rel=preload' });
        response.end('hinted');
        return;
      case 'trailers':
        response.writeHead(200, { Trailer: 'Checksum' });
        response.write('body');
        incoming.resume().once('end', () => {
          response.addTrailers({ Checksum: incoming.trailers['digest'] ?? 'none' });
          response.end();
        });
        return;
      case 'redirect':
        response.writeHead(302, {
          Location: `http://${incoming.headers.host ?? ''}/pub/job/adder/1.0.0/docs?x=1#y`,
        });
        response.end();
        return;
      case 'login':
        response.writeHead(302, { Location: 'https://id.example/login', 'Set-Cookie': ['a=1', 'b=2'] });
        response.end();
        return;
      case 'big':
        response.end(Buffer.alloc(20_000_000, 7));
        return;
      default:
        response.setHeader('Content-Type', 'application/json');
        response.end(
          JSON.stringify({ url: incoming.url, headers: incoming.headers, raw: incoming.rawHeaders }),
        );
    }
  });
  await platform.feed.commit({ put: buildJob({ instances: [instance] }) });
});

afterAll(async () => await platform.stop());

describe('a forwarded call', () => {
  test('reaches the job with the exact version, the rest of the path and the query byte for byte', async () => {
    const path = "/job/adder/latest/a%2Fb/%41;p=1/c+d'//e/?q=%zz&r=a;b";
    expect(jsonOf(await httpCall(platform.url, path, { headers: AUTH }))['url']).toBe(
      "/pub/job/adder/1.0.0/a%2Fb/%41;p=1/c+d'//e/?q=%zz&r=a;b",
    );
    const legacy = await httpCall(platform.url, '/pub/fatman/adder/1.x', { headers: AUTH });
    expect(jsonOf(legacy)['url']).toBe('/pub/job/adder/1.0.0');
  });

  test('tells the job who called and through which host, and keeps the credentials back', async () => {
    const answer = await httpCall(platform.url, BASE, {
      headers: {
        ...AUTH,
        'X-Racetrack-User-Auth': 'old',
        Cookie: 'theme=dark; X-Racetrack-Auth=secret; lang=en',
        'X-Caller-Name': 'User root',
        'X-Forwarded-For': '10.1.1.1',
        Connection: 'keep-alive, X-Private',
        'X-Private': '1',
        'Proxy-Authorization': 'Basic x',
        Authorization: 'Bearer mine',
        Host: 'shop.example',
      },
    });
    expect(jsonOf(answer)['headers']).toEqual({
      host: 'job-adder-v-1-0-0',
      cookie: 'theme=dark; lang=en',
      authorization: 'Bearer mine',
      'x-caller-name': 'User alice',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'shop.example',
      'x-forwarded-proto': 'http',
      'x-request-tracing-id': answer.headers['x-request-tracing-id'],
    });
    expect(answer.headers['x-request-tracing-id']).toMatch(/^[\da-f-]{36}$/);
  });

  test('keeps the tracing id of the client, also on errors of our own', async () => {
    const headers = { ...AUTH, 'X-Request-Tracing-Id': 'trace-7' };
    const good = await httpCall(platform.url, BASE, { headers });
    const bad = await httpCall(platform.url, '/pub/job/nobody/1.0.0', { headers });

    expect(good.headers['x-request-tracing-id']).toBe('trace-7');
    expect(bad.headers['x-request-tracing-id']).toBe('trace-7');
    expect(jsonOf(bad)).toMatchObject({ requestId: 'trace-7', request_id: 'trace-7', code: 'JOB_NOT_FOUND' });
  });

  test('takes its token from the cookie, percent-encoded, and from the legacy headers', async () => {
    const encoded = Array.from(Buffer.from(TOKEN), (byte) => `%${byte.toString(16)}`).join('');
    const byCookie = await httpCall(platform.url, BASE, {
      headers: { Cookie: `X-Racetrack-Auth=${encoded}` },
    });
    const byLegacy = await httpCall(platform.url, BASE, { headers: { 'X-Racetrack-Esc-Auth': TOKEN } });

    expect(byCookie.status).toBe(200);
    expect((jsonOf(byCookie)['headers'] as Record<string, string>)['cookie']).toBeUndefined();
    expect(byLegacy.status).toBe(200);
  });

  test('carries 20 MB of binary body there and back unchanged', async () => {
    const body = randomBytes(20_000_000);
    const headers = { ...AUTH, 'Content-Type': 'application/octet-stream' };
    const answer = await httpCall(platform.url, `${BASE}/echo`, { method: 'POST', headers, body });

    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.body.equals(body)).toBe(true);
    expect(seen.headers['content-length']).toBe('20000000');
  });

  test('streams a request body of unknown length while it is written', async () => {
    const chunks: string[] = [];
    const { port } = new URL(platform.url);
    const headers = { ...AUTH, 'Transfer-Encoding': 'chunked' };
    const outgoing = request({ port, path: `${BASE}/echo`, method: 'PUT', headers }, (answer) => {
      answer.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
    });
    outgoing.write('one');
    await waitUntil(() => chunks.join('') === 'one');
    outgoing.end('two');
    await waitUntil(() => chunks.join('') === 'onetwo');
    expect(seen.headers['transfer-encoding']).toBe('chunked');
  });

  test('delivers server-sent events as they happen', async () => {
    const { port } = new URL(platform.url);
    let received = '';
    const outgoing = request({ port, path: `${BASE}/sse`, headers: AUTH });
    outgoing.on('error', () => {});
    outgoing.end();
    await new Promise<void>((resolve) => {
      outgoing.once('response', (answer) => {
        answer.on('data', (chunk: Buffer) => (received += chunk.toString()));
        answer.on('error', () => {});
        resolve();
      });
    });
    sendEvent('1');
    await waitUntil(() => received === 'data: 1\n\n');
    sendEvent('2');
    await waitUntil(() => received === 'data: 1\n\ndata: 2\n\n');
    outgoing.destroy();
    expect(received).toHaveLength(18);
  });

  test('does not read a response faster than the client takes it', async () => {
    const { port } = new URL(platform.url);
    const slow = await new Promise<IncomingMessage>((resolve) => {
      request({ port, path: `${BASE}/big`, headers: AUTH }, resolve).end();
    });
    await pause(100);
    const before = process.memoryUsage().arrayBuffers;
    let bytes = 0;
    for await (const chunk of slow) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(20_000_000);
    expect(before).toBeLessThan(200_000_000);
  });

  test('cancels the work of the job when the client goes away', async () => {
    isCanceled = false;
    const { port } = new URL(platform.url);
    const outgoing = request({ port, path: `${BASE}/slow`, headers: AUTH });
    outgoing.on('error', () => {});
    outgoing.once('response', (answer) => {
      answer.on('error', () => {});
      outgoing.destroy();
    });
    outgoing.end();
    await waitUntil(() => isCanceled);
    expect(isCanceled).toBe(true);
  });

  test('breaks off towards the job an upload that the client breaks off', async () => {
    const { port } = new URL(platform.url);
    const headers = { ...AUTH, 'Transfer-Encoding': 'chunked' };
    const outgoing = request({ port, path: `${BASE}/echo`, method: 'POST', headers });
    outgoing.on('error', () => {});
    outgoing.write('half');
    await new Promise((resolve) => outgoing.once('response', resolve));
    const upload = seen;
    upload.on('error', () => {});
    outgoing.destroy();
    await waitUntil(() => upload.destroyed);
    expect(upload.complete).toBe(false);
  });

  test('whose body stops coming gets 408, and the job is waiting no more', async () => {
    const head = `POST ${BASE}/swallow HTTP/1.1\r\nHost: a\r\nX-Racetrack-Auth: ${TOKEN}\r\nContent-Length: 9\r\n\r\n`;
    const answer = await rawCall(platform.url, `${head}half`);

    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(jsonOfRaw(answer)).toMatchObject({
      error: 'Proxy request error: the request is refused: its body did not come in time',
      code: 'BAD_REQUEST',
    });
    await waitUntil(() => seen.destroyed);
    await waitUntil(async () => Object.keys(await readInFlight(platform)).length === 0);
  });

  test('whose body comes slowly, or waits for the job to read, is carried to its end', async () => {
    const { port } = new URL(platform.url);
    const headers = { ...AUTH, 'Transfer-Encoding': 'chunked' };
    const outgoing = request({ port, path: `${BASE}/late`, method: 'POST', headers });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve).once('error', reject);
    });
    for (let part = 0; part < 6; part += 1) {
      outgoing.write('part');
      await pause(BODY_PAUSE_MS / 3);
    }
    outgoing.end(Buffer.alloc(10_000_000));

    expect((await answered).statusCode).toBe(200);
  });

  test('lets a client read why its large upload is refused', async () => {
    const body = Buffer.alloc(5_000_000);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await httpCall(platform.url, BASE, { method: 'POST', body, agent });
    const second = await httpCall(platform.url, BASE, { headers: AUTH, agent });
    agent.destroy();
    expect([first.status, second.status]).toEqual([401, 200]);
  });

  test('releases pipelined calls whose client went away before their turn', async () => {
    const call = `GET ${BASE}/slow HTTP/1.1\r\nHost: a\r\nX-Racetrack-Auth: ${TOKEN}\r\n\r\n`;
    const socket = connect(Number(new URL(platform.url).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(call.repeat(20));
    await waitUntil(async () => (await readInFlight(platform))['adder-1'] === 20);
    socket.destroy();
    await waitUntil(async () => Object.keys(await readInFlight(platform)).length === 0);
    expect(await readInFlight(platform)).toEqual({});
  });

  test('passes on an answer that comes before the body was sent', async () => {
    const { port } = new URL(platform.url);
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { ...AUTH, 'Content-Length': '1000000' };
      const outgoing = request({ port, path: `${BASE}/early`, method: 'POST', headers }, resolve);
      outgoing.on('error', reject);
      outgoing.write('x');
    });
    expect(answer.statusCode).toBe(413);
    answer.destroy();
  });

  test.each([
    ['HEAD', 'info', 200],
    ['GET', 'empty', 204],
    ['GET', 'not-modified', 304],
    ['OPTIONS', 'info', 200],
    ['DELETE', 'info', 200],
    ['PATCH', 'info', 200],
    ['PROPFIND', 'info', 200],
  ])('answers %s %s with %d, and the connection stays usable', async (method, path, status) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const first = await httpCall(platform.url, `${BASE}/${path}`, { method, headers: AUTH, agent });
    const second = await httpCall(platform.url, `${BASE}/info`, { headers: AUTH, agent });
    agent.destroy();

    expect([first.status, first.isComplete]).toEqual([status, true]);
    expect(second.status).toBe(200);
    expect(seen.method).toBe('GET');
  });

  test('sends Content-Length: 0 for a POST without a body', async () => {
    await httpCall(platform.url, `${BASE}/info`, {
      method: 'POST',
      headers: { ...AUTH, 'Content-Length': '0' },
    });
    expect(seen.headers['content-length']).toBe('0');
    expect(seen.headers['transfer-encoding']).toBeUndefined();
  });

  test('passes Expect: 100-continue on, and the body after it', async () => {
    const { port } = new URL(platform.url);
    const events: string[] = [];
    const status = await new Promise<number | undefined>((resolve) => {
      const headers = { ...AUTH, Expect: '100-continue', 'Content-Length': '4' };
      const outgoing = request({ port, path: `${BASE}/echo`, method: 'POST', headers }, (answer) => {
        answer.on('data', (chunk: Buffer) => events.push(chunk.toString()));
        answer.once('end', () => resolve(answer.statusCode));
      });
      outgoing.once('continue', () => {
        events.push('continue');
        outgoing.end('body');
      });
      outgoing.flushHeaders();
    });
    expect(status).toBe(200);
    expect(events).toEqual(['continue', 'body']);
  });

  test('does not ask for the body of a call that it refuses', async () => {
    const { port } = new URL(platform.url);
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const headers = { Expect: '100-continue', 'Content-Length': '4' };
      const outgoing = request({ port, path: BASE, method: 'POST', headers }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      });
      outgoing.once('continue', () => reject(new Error('continue')));
      outgoing.flushHeaders();
    });
    expect(status).toBe(401);
  });

  test('passes on interim responses and trailers of both directions', async () => {
    const { port } = new URL(platform.url);
    const interim = await new Promise<number>((resolve) => {
      const outgoing = request({ port, path: `${BASE}/hints`, headers: AUTH });
      outgoing.once('information', ({ statusCode }) => resolve(statusCode));
      outgoing.end();
    });
    const trailers = await new Promise<NodeJS.Dict<string>>((resolve) => {
      const headers = { ...AUTH, Trailer: 'Digest, X-Caller-Name', 'Transfer-Encoding': 'chunked' };
      const outgoing = request({ port, path: `${BASE}/trailers`, method: 'POST', headers }, (answer) => {
        answer.resume().once('end', () => resolve(answer.trailers));
      });
      outgoing.write('x');
      outgoing.addTrailers({ Digest: 'sum-1', 'X-Caller-Name': 'root' });
      outgoing.end();
    });
    expect(interim).toBe(103);
    expect(trailers).toEqual({ checksum: 'sum-1' });
    expect(seen.trailers).toEqual({ digest: 'sum-1' });
  });

  test('makes redirects to the job relative, keeps the alias of the caller, and leaves those to other places alone', async () => {
    const own = await httpCall(platform.url, `${BASE}/redirect`, { headers: AUTH });
    const byAlias = await httpCall(platform.url, '/pub/job/adder/latest/redirect', { headers: AUTH });
    const foreign = await httpCall(platform.url, `${BASE}/login`, { headers: AUTH });

    expect(own.headers.location).toBe('/pub/job/adder/1.0.0/docs?x=1#y');
    expect(byAlias.headers.location).toBe('/pub/job/adder/latest/docs?x=1#y');
    expect(foreign.headers.location).toBe('https://id.example/login');
    expect(foreign.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  test('serves HTTP/1.0 clients and pipelined requests', async () => {
    const ten = await rawCall(
      platform.url,
      `GET ${BASE}/echo HTTP/1.0\r\nX-Racetrack-Auth: ${TOKEN}\r\n\r\n`,
    );
    expect(ten).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(ten).not.toMatch(/transfer-encoding/i);

    const one = `GET ${BASE}/echo HTTP/1.1\r\nHost: a\r\nX-Racetrack-Auth: ${TOKEN}\r\n\r\n`;
    const last = `GET /live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    const answers = await rawCall(platform.url, one + one + last);
    expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
  });

  test('reaches the job without headers that a job could take for ours, however they are spelt', async () => {
    const headers = {
      ...AUTH,
      X_Caller_Name: 'User root',
      'X-Caller_Name': 'User root',
      'X.Caller.Name': 'User root',
      X_Racetrack_Auth: 'secret',
      X_Racetrack_Esc_Auth: 'secret',
      X_Request_Tracing_Id: 'forged',
      X_Forwarded_For: '10.9.9.9',
      X_Mine: 'kept',
    };
    const answer = jsonOf(await httpCall(platform.url, BASE, { headers }))['headers'] as object;
    const names = Object.keys(answer).map((name) => name.replaceAll(/[^a-z]/g, '-'));

    expect(names.toSorted()).toEqual([
      'host',
      'x-caller-name',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-mine',
      'x-request-tracing-id',
    ]);
    expect(JSON.stringify(answer)).not.toMatch(/root|secret|forged|10\.9/);
  });
});
