import { describe, expect, test } from 'vitest';
import { waitUntil } from '../wait-until.ts';
import { aFailure, anError, present } from './error-shape.ts';
import { openRawConnection } from './raw-connection.ts';
import type { StartedWrapper } from './wrapper-harness.ts';
import { call, PERFORM, makeWord, type WrapperSuite } from './wrapper-suite.ts';

/** How a wrapper answers for what the job's code does. */
export function describeResults({ capabilities, shared, start }: WrapperSuite): void {
  describe('results of calls', () => {
    test.each([
      [{ a: [1, 2.5, { b: null }], c: true }, '{"a":[1,2.5,{"b":null}],"c":true}'],
      ['é ☃ 😀', '"é ☃ 😀"'],
      [null, 'null'],
      [[], '[]'],
    ])('%j is answered as compact JSON', async (value, text) => {
      const answer = await call(await shared(), { mode: 'echo', value });

      expect([answer.status, answer.text]).toEqual([200, text]);
      expect(answer.headers['content-type']).toBe('application/json');
    });

    test('an error is 500 with its message and class', async () => {
      const wrapper = await shared();
      const message = makeWord('failure');

      const answer = await call(wrapper, { mode: 'fail', message });

      expect(present(answer)).toEqual(aFailure(500, { error: expect.stringContaining(message) }));
      expect(await addUp(wrapper)).toBe('42');
    });

    test('an error that is the fault of the caller is 400', async () => {
      const wrapper = await shared();
      const message = makeWord('refusal');

      const answer = await call(wrapper, { mode: 'refuse', message });

      expect(present(answer)).toEqual(aFailure(400, { error: expect.stringContaining(message) }));
      expect(await addUp(wrapper)).toBe('42');
    });

    test('a panic is 500, and the next call works', async () => {
      const wrapper = await shared();

      expect(present(await call(wrapper, { mode: 'panic', message: 'help' }))).toEqual(aFailure(500));
      expect(await addUp(wrapper)).toBe('42');
    });

    test('the end of the process is prevented: 500, and the next call works', async ({ skip }) => {
      skip(!capabilities.containsExit, 'its language cannot prevent it');
      const wrapper = await shared();

      expect(present(await call(wrapper, { mode: 'exit' }))).toEqual(aFailure(500));
      expect(await addUp(wrapper)).toBe('42');
    });

    test('the end of the process is seen by the platform', async ({ skip }) => {
      skip(capabilities.containsExit, 'it is prevented');
      const wrapper = await (await start()).untilReady();

      const answer = await call(wrapper, { mode: 'exit' }).catch(() => 'the connection broke');

      expect(answer).toBe('the connection broke');
      expect(await wrapper.exitCode()).toBeTypeOf('number');
    });

    test('what JSON cannot say is 500, and the next call works', async ({ skip }) => {
      skip(!capabilities.mayReturnUnencodable, 'its results are JSON values already');
      const wrapper = await shared();

      expect(present(await call(wrapper, { mode: 'unencodable' }))).toEqual(anError(500));
      expect(await addUp(wrapper)).toBe('42');
    });

    test.for([
      ['*/*', '1\\n', ''],
      ['text/event-stream', 'data: 1\\n\\n', 'event: error\\ndata: '],
    ])(
      'a stream that breaks off ends with its error, and is cut: %s',
      async ([accept, first, lead], { skip }) => {
        skip(capabilities.cutsBrokenStreams !== true, 'it has no streams, or does not cut them');
        const wrapper = await shared();
        const message = makeWord('half-way');
        const body = JSON.stringify({ mode: 'stream', message });
        using connection = await openRawConnection(wrapper.socketPath);

        await connection.write(
          `POST ${PERFORM} HTTP/1.1\r\nHost: job\r\nAccept: ${accept}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
        await waitUntil('the connection is closed', () => connection.isClosed);

        expect(connection.received).toMatch(/^transfer-encoding: chunked\r$/im);
        // No last chunk: whoever reads chunks knows that there is one missing.
        const failure = `\\{"error":"[^"]*${message}","type":"\\w+"\\}\\n+\\r\\n`;
        expect(connection.received).toMatch(new RegExp(`\\r\\n${first}.*${lead}${failure}$`, 's'));
        expect(await addUp(wrapper)).toBe('42');
      },
    );

    test.each([
      [404, '/nothing', {}],
      [405, PERFORM, { method: 'DELETE' }],
      [422, PERFORM, { body: 'not JSON' }],
      [400, PERFORM, { json: { mode: 'refuse', message: 'no' } }],
      [500, PERFORM, { json: { mode: 'fail', message: 'no' } }],
    ])(
      'an error with status %i repeats the tracing id of its request, when it has one',
      async (status, path, request) => {
        const wrapper = await shared();
        const traced = { headers: { 'x-request-tracing-id': 'trace-of-an-error' }, ...request };

        const answer = await wrapper.request(path, traced);
        const untraced = await wrapper.request(path, request);

        expect([answer.status, answer.json()]).toMatchObject([status, { request_id: 'trace-of-an-error' }]);
        expect(untraced.json()).not.toHaveProperty('request_id');
      },
    );

    test('what a job prints in masses holds nothing up', async () => {
      const wrapper = await (await start()).untilReady();

      const answer = await call(wrapper, { mode: 'flood', lines: 50_000 });

      expect([answer.status, answer.text]).toEqual([200, '"flooded"']);
      expect(await addUp(wrapper)).toBe('42');
    });
  });
}

/** What the next call answers. */
async function addUp(wrapper: StartedWrapper): Promise<string> {
  return (await call(wrapper, { mode: 'add', numbers: [40, 2] })).text;
}
