import { describe, expect, test } from 'vitest';
import { AUTH_TOKEN, call, makeWord, type WrapperSuite } from './wrapper-suite.ts';

/** What the job's code sees of a request, and what of it goes on to other jobs. */
export function describeUserView({ pub, shared, told }: WrapperSuite): void {
  describe('what user code sees', () => {
    test('headers of the request, but no authorization of the platform', async () => {
      const headers = {
        'X-Racetrack-Auth': 'secret of the caller',
        'X-Wish': 'tea',
        Cookie: 'first=1; X-Racetrack-Auth=secret-of-the-caller; last=2',
      };

      const answer = await call(await shared(), { mode: 'headers' }, { headers });

      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({
        'x-wish': 'tea',
        cookie: expect.stringMatching(/^first=1; ?last=2$/),
      });
      expect(answer.text.toLowerCase()).not.toMatch(/racetrack-auth|secret/);
    });

    test('no cookie at all when the only one was the platform’s', async () => {
      const headers = { Cookie: 'X-Racetrack-Auth=secret-of-the-caller' };

      const answer = await call(await shared(), { mode: 'headers' }, { headers });

      expect(answer.status).toBe(200);
      expect(answer.text).not.toContain('secret');
    });

    test('onward calls carry the job’s token, the tracing id and the caller', async () => {
      const wrapper = await shared();
      const trace = makeWord('trace');
      const headers = {
        'X-Request-Tracing-Id': trace,
        'X-Caller-Name': 'alice',
        'X-Racetrack-Auth': 'secret of the caller',
      };

      const answer = await call(
        wrapper,
        { mode: 'call', name: 'adder', payload: { numbers: [40, 2] } },
        { headers },
      );
      const onward = pub().calls.find((each) => each.headers['x-request-tracing-id'] === trace);

      expect([answer.status, answer.json()]).toEqual([
        200,
        { answered: '/pub/job/adder/latest/api/v1/perform' },
      ]);
      expect(onward).toMatchObject({
        method: 'POST',
        path: '/pub/job/adder/latest/api/v1/perform',
        headers: {
          'x-racetrack-auth': AUTH_TOKEN,
          'x-caller-name': 'alice',
          'content-type': expect.stringMatching(/^application\/json/),
        },
      });
      expect(JSON.parse(onward?.body ?? '')).toEqual({ numbers: [40, 2] });
    });

    test('the headers of tracing have the names that the platform says', async () => {
      const wrapper = await told();
      const trace = makeWord('trace');
      const headers = { 'X-Own-Trace': trace, 'X-Own-Caller': 'bob' };

      const answer = await call(wrapper, { mode: 'call', name: 'adder', payload: {} }, { headers });
      const failed = await call(wrapper, { mode: 'fail', message: 'traced' }, { headers });
      const onward = pub().calls.find((each) => each.headers['x-own-trace'] === trace);

      expect(answer.status).toBe(200);
      expect(onward?.headers['x-own-caller']).toBe('bob');
      expect(failed.json()).toMatchObject({ request_id: trace });
    });
  });
}
