import { describe, expect, test } from 'vitest';
import { anError, aRefusal, present, type PresentedAnswer } from './error-shape.ts';
import type { StartedWrapper } from './wrapper-harness.ts';
import { call, PERFORM, type WrapperSuite } from './wrapper-suite.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const ADD = '{"mode":"add","numbers":[40,2]}';
const DEPTH = 100_000;

/** What a wrapper makes of the bodies of calls, whatever is in them. */
export function describeBodies({ capabilities, shared }: WrapperSuite): void {
  const checksTypes = capabilities.checksTypes ?? capabilities.checksArguments;
  describe('bodies of calls', () => {
    test.each([
      ['with its type', JSON_TYPE],
      ['with a charset', { 'content-type': 'Application/JSON; charset=utf-8' }],
      ['without a type', {}],
    ])('a JSON object %s becomes arguments', async (_title, headers) => {
      const wrapper = await shared();

      const answer = await wrapper.request(PERFORM, { body: ADD, headers });

      expect([answer.status, answer.text]).toEqual([200, '42']);
    });

    test.each(['', 'null', ' null '])(
      '%j is an object without members, and never the example',
      async (body) => {
        const wrapper = await shared();

        const answer = await wrapper.request(PERFORM, { method: 'POST', body, headers: JSON_TYPE });
        const ofObject = await call(wrapper, {});

        expect([answer.status, answer.text]).toEqual([ofObject.status, ofObject.text]);
        expect(present(answer)).toEqual(anError(400));
      },
    );

    test.each([
      'not JSON',
      '{"mode":"add","numbers":[40,2]',
      "{'mode':'add'}",
      '{"mode":"add","numbers":[40,2],}',
      '{"mode":"add"} {}',
      '{"mode":"echo","value":NaN}',
      '{"mode":"echo","value":-Infinity}',
      '\u0000',
    ])('%j is not JSON: 422', async (body) => {
      expect(await readInvalid(await shared(), { body })).toEqual(aRefusal(422));
    });

    test('bytes that are not UTF-8 are 422', async () => {
      const body = Buffer.concat([
        Buffer.from('{"mode":"echo","value":"'),
        Buffer.from([0xff]),
        Buffer.from('"}'),
      ]);

      expect(await readInvalid(await shared(), { body })).toEqual(aRefusal(422));
    });

    test.each(['42', '"text"', 'true'])('%s is no object: 422', async (body) => {
      expect(await readInvalid(await shared(), { body })).toEqual(aRefusal(422));
    });

    test('an array is no object: 422', async ({ skip }) => {
      skip(capabilities.takesArrays, 'it takes arrays');
      expect(await readInvalid(await shared(), { body: '[40,2]' })).toEqual(aRefusal(422));
    });

    test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])(
      'a body of the type %s is 422',
      async (type) => {
        expect(await readInvalid(await shared(), { body: ADD, type })).toEqual(aRefusal(422));
      },
    );

    test.each([
      ['arrays', '['.repeat(DEPTH) + ']'.repeat(DEPTH)],
      ['objects', `${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`],
    ])(`${DEPTH} nested %s end nothing`, async (_title, value) => {
      const wrapper = await shared();
      const body = `{"mode":"add","numbers":[40,2],"value":${value}}`;

      const answer = await wrapper.request(PERFORM, { body, headers: JSON_TYPE });

      expect([200, 422]).toContain(answer.status);
      expect((await call(wrapper, { mode: 'add', numbers: [1, 2] })).text).toBe('3');
    });

    test('half of a surrogate pair ends nothing', async () => {
      const wrapper = await shared();
      const body = String.raw`{"mode":"echo","value":"\ud800"}`;

      const answer = await wrapper.request(PERFORM, { body, headers: JSON_TYPE });

      expect([200, 422, 500]).toContain(answer.status);
      expect((await call(wrapper, { mode: 'add', numbers: [1, 2] })).text).toBe('3');
    });

    test('an argument that is missing is 400', async () => {
      expect(present(await call(await shared(), { numbers: [40, 2] }))).toEqual(anError(400));
    });

    test('an argument that is unknown is 400', async ({ skip }) => {
      skip(!capabilities.checksArguments, 'its functions declare no arguments');
      const answer = await call(await shared(), { mode: 'add', numbers: [40, 2], nonsense: 1 });

      expect(present(answer)).toEqual(anError(400));
    });

    test('an argument of another type is 400', async ({ skip }) => {
      skip(!checksTypes, 'its functions declare no types that bind');
      const answer = await call(await shared(), { mode: 'add', numbers: 'many' });

      expect(present(answer)).toEqual(anError(400));
    });
  });
}

/** What such a body is answered with; fails unless the next call is answered as ever. */
async function readInvalid(
  wrapper: StartedWrapper,
  { body, type = 'application/json' }: { readonly body: string | Buffer; readonly type?: string },
): Promise<PresentedAnswer> {
  const answer = await wrapper.request(PERFORM, { body, headers: { 'content-type': type } });
  expect((await call(wrapper, { mode: 'add', numbers: [40, 2] })).text).toBe('42');
  return present(answer);
}
