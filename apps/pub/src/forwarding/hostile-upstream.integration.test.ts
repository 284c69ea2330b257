import * as fc from 'fast-check';
import { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { httpCall } from '../testing/http-call.ts';
import { jsonOfRaw, rawCall } from '../testing/raw-call.ts';
import { buildJob } from '../testing/records.ts';
import { startPlatform, TOKEN, type Platform } from '../testing/start-platform.ts';

const BODY = 'Content-Length: 2\r\n\r\nok';
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n';

let platform: Platform;
/** What the job answers, one character a byte, before it closes. */
let bytes = '';

beforeAll(async () => {
  platform = await startPlatform();
  const instance = await platform.startRawInstance('evil-1', (socket) => {
    socket.once('data', () => socket.end(bytes, 'latin1'));
  });
  await platform.feed.commit({ put: buildJob({ name: 'evil', instances: [instance] }) });
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => await platform.stop());

type Kind = 'plain' | 'upgrade';
const KINDS: Kind[] = ['plain', 'upgrade'];

/** Calls the job, and looks whether pub still lives. */
async function call(answer: string, kind: Kind, method = 'GET'): Promise<string> {
  bytes = answer;
  const connection =
    kind === 'plain' ? 'Connection: close\r\n' : 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
  const received = await rawCall(
    platform.url,
    `${method} /job/evil/1.0.0 HTTP/1.1\r\nHost: a\r\n${connection}X-Racetrack-Auth: ${TOKEN}\r\n\r\n`,
  );
  expect((await httpCall(platform.url, '/live')).status).toBe(200);
  return received;
}

describe.each(KINDS)('pub outlives a job that answers a call (%s)', (kind) => {
  test.each([['\u0001'], ['\u007f'], ['\u0000'], ['\u001b[2J'], ['\t\u0008']])(
    'with %j in its reason phrase, which is replaced',
    async (phrase) => {
      const answer = await call(`HTTP/1.1 200 O${phrase}K\r\n${BODY}`, kind);
      expect(answer).toMatch(/^HTTP\/1\.1 (?:200 OK|502 Bad Gateway)\r\n/);
    },
  );

  test.each([['200 Fine \u00fc'], ['200 '], ['299 Own'], ['999 Own']])(
    'with the well-formed "%s", which is passed on',
    async (line) => {
      expect(await call(`HTTP/1.1 ${line}\r\n${BODY}`, kind)).toMatch(`HTTP/1.1 ${line}\r\n`);
    },
  );

  test.each([
    ['no status', 'HTTP/1.1 000 OK\r\n'],
    ['a status below all', 'HTTP/1.1 099 OK\r\n'],
    ['a status of two digits', 'HTTP/1.1 99 OK\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n'],
    ['an interim status at the end', 'HTTP/1.1 100 Continue\r\n'],
    ['an unknown interim status at the end', 'HTTP/1.1 199 X\r\n'],
    ['a switch to nothing', 'HTTP/1.1 101 Switching Protocols\r\n'],
    ['a switch to what nobody asked for', 'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: x\r\n'],
    ['a coding of the message', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nX: y\r\n'],
    ['a coding below the chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\nX: y\r\n'],
    ['a header name of odd bytes', 'HTTP/1.1 200 OK\r\nX\u0001Y: z\r\n'],
    ['a header value of odd bytes', 'HTTP/1.1 200 OK\r\nX: \u0001\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: z\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nX: y\r\n\u0000 z\r\n'],
  ])('with %s: the client gets 502', async (title, head) => {
    const answer = await call(head + (title.includes('coding') ? '\r\nok' : BODY), kind);

    expect(answer).toMatch(/^HTTP\/1\.1 (?:1\d\d .*\r\n(?:.+\r\n)*\r\nHTTP\/1\.1 )?502 Bad Gateway\r\n/);
    expect(jsonOfRaw(answer.slice(answer.lastIndexOf('HTTP/1.1 502')))).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      jobName: 'evil',
      error: expect.stringMatching(/^Reverse proxy error: /) as string,
    });
  });

  test.each([
    ['a phrase of odd bytes', 'HTTP/1.1 103 \u0001\r\nLink: </a>\r\n'],
    ['no known status', 'HTTP/1.1 199 X\r\n'],
    ['fields that frame', 'HTTP/1.1 103 X\r\nContent-Length: 5\r\n'],
  ])('with an interim response that has %s', async (_title, head) => {
    const answer = await call(`${head}\r\nHTTP/1.1 200 OK\r\n${BODY}`, kind);
    expect(answer).toContain('\r\n\r\nok');
    expect(answer.slice(0, answer.lastIndexOf('HTTP/1.1'))).not.toMatch(/content-length|transfer-encoding/i);
  });

  test.each([['X\u0001: y'], ['X: \u0000'], ['no trailer'], [': y'], ['\u00e4: y']])(
    'with the trailer %j: the response never looks complete',
    async (trailer) => {
      const answer = await call(`${CHUNKED}${trailer}\r\n\r\n`, kind);
      expect(answer).toMatch(/^HTTP\/1\.1 /);
      expect(answer).not.toMatch(/\r\n0\r\n|timeout/);
    },
  );

  test('with any bytes at all', async () => {
    const odd = fc.string({ unit: fc.nat(255).map((byte) => String.fromCharCode(byte)), maxLength: 4 });
    const piece = fc.oneof(
      odd,
      fc.constantFrom('HTTP/1.1 ', '200', ' OK', '\r\n', '\r\n\r\n', ': ', 'Trailer', 'Upgrade', '0', 'ok'),
      fc.constantFrom('Transfer-Encoding: chunked', 'Connection: Upgrade', 'Content-Length: 2', '103', '101'),
    );
    const answers = fc
      .tuple(fc.constantFrom('', 'HTTP/1.1 ', 'HTTP/1.1 200 ', CHUNKED), fc.array(piece, { maxLength: 12 }))
      .map(([start, pieces]) => start + pieces.join(''));
    await fc.assert(
      fc.asyncProperty(answers, async (answer) => {
        const received = await call(answer, kind);
        expect(received).toMatch(/^HTTP\/1\.1 \d{3} /);
        expect(received).not.toContain('(timeout)');
      }),
      { numRuns: 60 },
    );
  });
});

describe('a fault of ours ends one exchange only', () => {
  const fault = (): never => {
    throw new Error('fault');
  };

  test.each(KINDS)('in passing on a head: 502, and no connection waits for a body (%s)', async (kind) => {
    vi.spyOn(ServerResponse.prototype, 'writeHead').mockImplementationOnce(fault);
    expect(await call(`HTTP/1.1 204 OK\r\n\r\n`, kind)).toMatch(/^HTTP\/1\.1 502 /);
  });

  test.each(KINDS)('in passing on an interim response (%s)', async (kind) => {
    vi.spyOn(ServerResponse.prototype, 'writeInformation').mockImplementationOnce(fault);
    const answer = await call(`HTTP/1.1 103 X\r\n\r\nHTTP/1.1 200 OK\r\n${BODY}`, kind);
    expect(answer).toMatch(kind === 'plain' ? /^HTTP\/1\.1 500 / : /^HTTP\/1\.1 200 /);
  });

  test.each(KINDS)('in passing on trailers (%s)', async (kind) => {
    vi.spyOn(ServerResponse.prototype, 'addTrailers').mockImplementationOnce(fault);
    const answer = await call(`${CHUNKED}X: y\r\n\r\n`, kind);
    expect(answer).not.toMatch(/\r\n0\r\n|timeout/);
  });

  test.each(KINDS)('even when the failure cannot be told: the client is cut off (%s)', async (kind) => {
    const spy = vi.spyOn(ServerResponse.prototype, 'writeHead');
    spy.mockImplementationOnce(fault).mockImplementationOnce(fault).mockImplementationOnce(fault);
    expect(await call(`HTTP/1.1 200 OK\r\n${BODY}`, kind)).toBe('');
    expect(spy).toHaveBeenCalledTimes(4);
  });
});
