import { Agent } from 'node:http';
import { describe, expect, test } from 'vitest';
import { findSample, readMetrics } from './metrics-text.ts';
import { openRawConnection, type RawConnection } from './raw-connection.ts';
import { call, MAX_BODY_BYTES, PERFORM, type WrapperSuite } from './wrapper-suite.ts';

const HEAD = `POST ${PERFORM} HTTP/1.1\r\nHost: job\r\nContent-Type: application/json\r\n`;
const ADD = '{"mode":"add","numbers":[40,2]}';
const HUGE_BYTES = 100 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, ' ');
/** A process may grow by something for many reasons, but not by the body. */
const GROWTH_BYTES = 64 * 1024 * 1024;

/** How a wrapper handles connections, also those that nobody sends by accident. */
export function describeConnections({ shared, start }: WrapperSuite): void {
  describe('connections', () => {
    test('are used again after every kind of error', async () => {
      const wrapper = await shared();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });

      const answers = [
        await call(wrapper, { mode: 'fail', message: 'kept' }, { agent }),
        await call(wrapper, { mode: 'refuse', message: 'kept' }, { agent }),
        await wrapper.request(PERFORM, { body: 'not JSON', agent }),
        await wrapper.request('/nothing', { agent }),
        await wrapper.request(PERFORM, { agent }),
        await call(wrapper, { mode: 'add', numbers: [40, 2] }, { agent }),
      ];
      agent.destroy();

      expect(answers.map(({ status }) => status)).toEqual([500, 400, 422, 404, 405, 200]);
      expect(answers.map(({ isReused }) => isReused)).toEqual([false, true, true, true, true, true]);
    });

    test('answer requests that are sent together in their order', async () => {
      using connection = await openRawConnection((await shared()).socketPath);
      const requests = [1, 2, 3].map((number) => {
        const body = `{"mode":"add","numbers":[${number}000]}`;
        return `${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`;
      });

      await connection.write(requests.join(''));
      const text = await connection.untilReceived(/3000/);

      expect(text.match(/\d000/g)).toEqual(['1000', '2000', '3000']);
    });

    test.each([
      ['a call', `${HEAD}Content-Length: ${ADD.length}\r\n\r\n${ADD}`],
      ['a call with a bad body', `${HEAD}Content-Length: 3\r\n\r\n{]}`],
      ['a probe', 'GET /live HTTP/1.1\r\nHost: job\r\n\r\n'],
      ['a wrong address', 'GET /nothing HTTP/1.1\r\nHost: job\r\n\r\n'],
      [
        'a wrong method with a body',
        `DELETE ${PERFORM} HTTP/1.1\r\nHost: job\r\nContent-Length: 2\r\n\r\n{}`,
      ],
    ])('answer %s alike, however it is cut into pieces', async (_title, request) => {
      const { socketPath } = await shared();
      const bodyAt = request.indexOf('\r\n\r\n') + 4;
      const cuts = [request.length, bodyAt, bodyAt - 2, bodyAt + 1, 4];

      const answers = await Promise.all(
        cuts.map(async (cut) => await sendInPieces(socketPath, [request.slice(0, cut), request.slice(cut)])),
      );

      expect(answers[0]).toMatch(/^HTTP\/1\.1 \d{3} /);
      expect(answers).toEqual(cuts.map(() => answers[0]));
    });

    test('take bodies in chunks, and ones that are announced first', async () => {
      using connection = await openRawConnection((await shared()).socketPath);

      await connection.write(`${HEAD}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n`);
      await connection.untilReceived(/^HTTP\/1\.1 100 /);
      await connection.write(`5\r\n${ADD.slice(0, 5)}\r\n1a\r\n${ADD.slice(5)}\r\n0\r\n\r\n`);

      expect(await connection.untilReceived(/HTTP\/1\.1 200 [^]*\r\n\r\n[^]*42/)).not.toContain(' 500 ');
    });

    test('may be slow without holding others up', async () => {
      const wrapper = await shared();
      using connection = await openRawConnection(wrapper.socketPath);

      await connection.write(`${HEAD}Content-Length: ${ADD.length}\r\n\r\n${ADD.slice(0, 9)}`);
      const meanwhile = await call(wrapper, { mode: 'add', numbers: [1, 2] });
      await connection.write(ADD.slice(9));

      expect(meanwhile.text).toBe('3');
      expect(await connection.untilReceived(/\r\n\r\n[^]*42/)).toMatch(/^HTTP\/1\.1 200 /);
    });

    test('that break in the middle of a body harm nobody', async () => {
      const wrapper = await shared();
      const broken = await openRawConnection(wrapper.socketPath);
      await broken.write(`${HEAD}Content-Length: ${ADD.length}\r\n\r\n${ADD.slice(0, 9)}`);

      broken[Symbol.dispose]();

      expect((await call(wrapper, { mode: 'add', numbers: [40, 2] })).text).toBe('42');
    });

    test('get an error for what is no HTTP', async () => {
      const wrapper = await shared();
      using connection = await openRawConnection(wrapper.socketPath);

      await connection.write('\u0016\u0003\u0001 hello\r\n\r\n');
      const text = await connection.untilReceived(/^HTTP\/1\.1 400 /).catch(() => 'closed');

      expect(text).toMatch(/^HTTP\/1\.1 400 |^closed$/);
      expect((await wrapper.request('/live')).status).toBe(200);
    });

    test.each([
      ['by its length', `Content-Length: ${HUGE_BYTES}`],
      ['by its chunks', 'Transfer-Encoding: chunked'],
    ])('a body that is too long %s is 413 early, and is not kept', async (_title, framing) => {
      const wrapper = await (
        await start({ env: { JOB_MAX_BODY_BYTES: String(MAX_BODY_BYTES) } })
      ).untilReady();
      const before = findSample(await readMetrics(wrapper), 'process_resident_memory_bytes') ?? 0;
      using connection = await openRawConnection(wrapper.socketPath);

      await connection.write(`${HEAD}${framing}\r\nX-Request-Tracing-Id: trace-of-413\r\n\r\n`);
      const sent = await sendUntilAnswered(connection, framing.startsWith('T'));
      const text = await connection.untilReceived(/\r\n\r\n[^]*}/);

      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      expect(readJsonPart(text)).toMatchObject({
        error: expect.stringMatching(/\S/),
        detail: expect.anything(),
        request_id: 'trace-of-413',
      });
      expect(sent).toBeLessThan(HUGE_BYTES / 2);
      const after = findSample(await readMetrics(wrapper), 'process_resident_memory_bytes') ?? 0;
      expect(after - before).toBeLessThan(GROWTH_BYTES);
      expect((await call(wrapper, { mode: 'add', numbers: [40, 2] })).text).toBe('42');
    });

    test('a body of just the allowed length is taken', async () => {
      const wrapper = await shared();
      const value = 'x'.repeat(MAX_BODY_BYTES - '{"mode":"echo","value":""}'.length);

      const answer = await call(wrapper, { mode: 'echo', value });
      const longer = await call(wrapper, { mode: 'echo', value: `${value}x` });

      expect([answer.status, answer.text.length]).toEqual([200, value.length + 2]);
      expect(longer.status).toBe(413);
    });
  });
}

/** Sends a body piece by piece until an answer comes; the bytes that it took. */
async function sendUntilAnswered(connection: RawConnection, isChunked: boolean): Promise<number> {
  let sent = 0;
  while (sent < HUGE_BYTES && connection.received === '' && !connection.isClosed) {
    if (isChunked) await connection.write(`${PIECE.length.toString(16)}\r\n`);
    await connection.write(PIECE);
    if (isChunked) await connection.write('\r\n');
    sent += PIECE.length;
    // Lets an answer in.
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  return sent;
}

function readJsonPart(text: string): unknown {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  return JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1));
}

/** What comes back for a request whose pieces arrive one after the other; the last word of each is `GET /ready`'s answer. */
async function sendInPieces(socketPath: string, pieces: readonly string[]): Promise<string> {
  using connection = await openRawConnection(socketPath);
  for (const piece of pieces) {
    await connection.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await connection.write('GET /ready HTTP/1.1\r\nHost: job\r\n\r\n');
  const text = await connection.untilReceived(/"ready": ?true/);
  return text.replaceAll(/^date:.*\r\n/gim, '');
}
