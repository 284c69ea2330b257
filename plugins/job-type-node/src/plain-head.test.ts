import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { duplexPair } from 'node:stream';
import { waitUntil } from '@racetrack-platform/testing';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PlainHeadReader } from '../runtime/server/plain-head.ts';
import { HEADER_SEPARATOR } from '../runtime/shared/protocol.ts';

const reader = new PlainHeadReader({ tracing: 'x-request-tracing-id', caller: 'x-caller-name' });
const read = (text: string) => reader.read(Buffer.from(text, 'latin1'));

/** Bytes of a body that are really sent. */
const MOST_SENT = 50;
const PLAIN = 'POST /api/v1/perform?a=1 HTTP/1.1\r\nHost: job\r\ncontent-length: 2\r\n';

test('a plain head is read with what the wrapper needs of it', () => {
  const head = read(
    `${PLAIN}X-Request-Tracing-Id:\t t-1 \r\nX-Caller-Name: ann\r\nContent-Type: application/json\r\n\r\n{}`,
  );

  expect(head).toMatchObject({
    method: 'POST',
    target: '/api/v1/perform?a=1',
    bodyLength: 2,
    tracingId: 't-1',
    caller: 'ann',
    contentType: 'application/json',
  });
});

test.each([
  ['is not complete', PLAIN],
  ['has a second length', `${PLAIN}Content-Length: 2\r\n\r\n`],
  ['has a length and chunks', `${PLAIN}Transfer-Encoding: chunked\r\n\r\n`],
  ['has a name that ends with a space', `${PLAIN}Content-Length : 3\r\n\r\n`],
  ['has a folded line', `${PLAIN}A: b\r\n c: d\r\n\r\n`],
  ['has a lone LF', `${PLAIN}A: b\nContent-Length: 3\r\n\r\n`],
  ['has a lone CR', `${PLAIN}A: b\rContent-Length: 3\r\n\r\n`],
  ['has a NUL', `${PLAIN}A: \0\r\n\r\n`],
  ['has a length that is no number', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n'],
  ['has no host', 'POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n'],
  ['has two hosts', `${PLAIN}Host: other\r\n\r\n`],
  ['wants the connection to end', `${PLAIN}Connection: close\r\n\r\n`],
  ['names a header of this hop', `${PLAIN}Connection: keep-alive, x-caller-name\r\n\r\n`],
  ['wants another protocol', `${PLAIN}Upgrade: h2c\r\n\r\n`],
  ['waits for a word', `${PLAIN}Expect: 100-continue\r\n\r\n`],
  ['is of HTTP/1.0', PLAIN.replace('1.1', '1.0').concat('\r\n')],
  ['has an absolute target', PLAIN.replace('/api', 'http://a/api').concat('\r\n')],
  ['has a word more', PLAIN.replace('/api', '/a /api').concat('\r\n')],
  ['is very long', `${PLAIN}A: ${'b'.repeat(17_000)}\r\n\r\n`],
])('a head that %s is left to node:http', (_title, text) => {
  expect(read(text)).toBeUndefined();
});

test('whatever is taken for plain is read by node:http in the same way', async () => {
  const name = fc.constantFrom(
    'Host',
    'A',
    'content-length',
    'Content-Type',
    'Connection',
    'X-Caller-Name',
    'a:b',
    'a ',
  );
  const value = fc.oneof(
    fc.constantFrom('2', '02', '0', 'keep-alive', 'Keep-Alive', 'job', '', '2, 2', '\u00e4', ' 2\t'),
    fc.string({ maxLength: 4 }),
  );
  const line = fc.tuple(
    name,
    fc.constantFrom(':', ': ', ' :', ''),
    value,
    fc.constantFrom('\r\n', '\n', '\r\n '),
  );
  const usual = fc.tuple(name, fc.constant(': '), value, fc.constant('\r\n'));
  const heads = fc.tuple(
    fc.constantFrom('POST', 'GET', 'HEAD', 'DELETE', 'post', 'BREW'),
    fc.oneof(
      fc.constantFrom('/', '/a?b', '//', '*'),
      fc.string({ maxLength: 4 }).map((text) => `/${text}`),
    ),
    fc.array(fc.oneof({ weight: 9, arbitrary: usual }, line), { maxLength: 5 }),
  );
  let plainCount = 0;

  await fc.assert(
    fc.asyncProperty(heads, async ([method, target, lines]) => {
      const text = `${method} ${target} HTTP/1.1\r\nHost: job\r\n${lines.flat().join('')}\r\n`;
      const head = read(text);
      if (head === undefined) return;
      plainCount += 1;
      const body = 'x'.repeat(Math.min(head.bodyLength, MOST_SENT));

      const reference = await readByNode(text + body, head.bodyLength);

      const { method: verb, target: path, headers } = head;
      expect({ verb, path, headers, bodyBytes: body.length }).toEqual(reference);
    }),
    { numRuns: 3_000 },
  );

  expect(plainCount).toBeGreaterThan(100);
});

/** What `node:http` makes of a request whose body has this many bytes. */
async function readByNode(text: string, bodyLength: number) {
  const server = createServer();
  const [ours, theirs] = duplexPair();
  const arrived = once(server, 'request') as Promise<[IncomingMessage]>;
  server.emit('connection', theirs);
  ours.write(Buffer.from(text, 'latin1'));
  const [request] = await arrived;
  let received = 0;
  request.on('data', (chunk: Buffer) => (received += chunk.length));
  if (bodyLength <= MOST_SENT) await once(request, 'end');
  else await waitUntil('the body', () => received === MOST_SENT);
  ours.destroy();
  theirs.destroy();
  const { method: verb, url: path, rawHeaders } = request;
  return { verb, path, headers: rawHeaders.join(HEADER_SEPARATOR), bodyBytes: received };
}
