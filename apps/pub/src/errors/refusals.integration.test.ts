import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { jsonOfRaw, rawCall } from '../testing/raw-call.ts';
import { buildJob } from '../testing/records.ts';
import { startPlatform, TOKEN, type Platform } from '../testing/start-platform.ts';
import { waitUntil } from '../testing/wait-until.ts';

const BASE = '/pub/job/adder/1.0.0';

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform();
  const instance = await platform.startInstance('adder-1', (_incoming, response) => {
    response.writeHead(200).flushHeaders();
  });
  await platform.feed.commit({ put: buildJob({ instances: [instance] }) });
});
afterAll(async () => await platform.stop());

describe('pub', () => {
  test.each<[string, string, number, string]>([
    ['both a length and chunks', 'Content-Length: 3\r\nTransfer-Encoding: chunked', 400, 'BAD_REQUEST'],
    ['two lengths', 'Content-Length: 3\r\nContent-Length: 4', 400, 'BAD_REQUEST'],
    ['a header that is none', 'X Y: 1', 400, 'BAD_REQUEST'],
    ['an unknown transfer coding', 'Transfer-Encoding: gzip, chunked', 501, 'NOT_SUPPORTED'],
    ['an unknown expectation', 'Expect: miracles', 417, 'BAD_REQUEST'],
    ['two hosts', 'Host: b', 400, 'BAD_REQUEST'],
    ['the same host twice', 'host: a', 400, 'BAD_REQUEST'],
    ['a head that is too large', `X-Long: ${'x'.repeat(66_000)}`, 431, 'BAD_REQUEST'],
  ])('refuses a request with %s, and says so as JSON', async (_title, lines, status, code) => {
    const answer = await raw(
      `POST ${BASE}/echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Racetrack-Auth: ${TOKEN}\r\n${lines}\r\n\r\n0\r\n\r\n`,
    );
    const [, id] = /\r\nx-request-tracing-id: (.+)\r\n/i.exec(answer) ?? [];

    expect(answer.split(' ')[1]).toBe(String(status));
    expect(jsonOfRaw(answer)).toMatchObject({
      error: expect.stringMatching(/^Proxy request error: /) as string,
      code,
      request_id: id,
    });
    expect(jsonOfRaw(answer)).toHaveProperty('hint');
  });

  test.each([`${BASE}/`, '/pub/job/adder'])('tells who opens %s in a browser so on a page', async (path) => {
    const answer = await raw(
      `GET ${path} HTTP/1.1\r\nConnection: close\r\nHost: a\r\nAccept: text/html,*/*\r\n\r\n`,
    );

    expect(answer).toMatch(/^HTTP\/1\.1 40[14] [^]*content-type: text\/html[^]*<h1>40[14]</i);
  });

  test('refuses chunk extensions without end', async () => {
    const answer = await raw(
      `POST ${BASE}/echo HTTP/1.1\r\nHost: a\r\nX-Racetrack-Auth: ${TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(70_000)}`,
    );

    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(jsonOfRaw(answer)).toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  test.each([['a/b'], ['a b'], ['user@a'], ['a, b'], ['a:x'], ['[::1'], ['%zz'], ['\u00e4']])(
    'refuses a request with the host "%s"',
    async (host) => {
      const answer = await raw(`GET /live HTTP/1.1\r\nConnection: close\r\nHost: ${host}\r\n\r\n`);
      expect(answer.split(' ')[1]).toBe('400');
      expect(jsonOfRaw(answer)).toMatchObject({ code: 'BAD_REQUEST' });
    },
  );

  test.each([
    [''],
    ['a.example:7005'],
    ['a_b'],
    ['127.0.0.1'],
    ['[::1]:80'],
    ['[fe80::1%25eth0]'],
    ['x%C3%A4'],
  ])('takes a request with the host "%s"', async (host) => {
    const answer = await raw(`GET /live HTTP/1.1\r\nConnection: close\r\nHost: ${host}\r\n\r\n`);
    expect(answer.split(' ')[1]).toBe('200');
  });

  test('needs a host from HTTP/1.1 on, also for an upgrade', async () => {
    const close = 'Connection: close\r\n\r\n';
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

    expect(await raw(`GET /live HTTP/1.0\r\n${close}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await raw(`GET /live HTTP/1.1\r\n${close}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(`GET ${BASE} HTTP/1.1\r\n${upgrade}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(await raw(`GET ${BASE} HTTP/1.1\r\nHost: a\r\nHost: a\r\n${upgrade}`)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('mixes no error into an answer under way when the next request on the connection is no HTTP', async () => {
    const call = `GET ${BASE}/slow HTTP/1.1\r\nHost: a\r\nX-Racetrack-Auth: ${TOKEN}\r\n\r\n`;
    const socket = connect(Number(new URL(platform.url).port), '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.write(call);
    await waitUntil(() => received.includes('\r\n\r\n'));
    socket.write('no HTTP\r\n\r\n');
    await waitUntil(() => socket.destroyed);

    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

async function raw(text: string): Promise<string> {
  return await rawCall(platform.url, text);
}
