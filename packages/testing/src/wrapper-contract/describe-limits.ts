import { describe, expect, test } from 'vitest';
import { waitUntil } from '../wait-until.ts';
import { aRefusal, present } from './error-shape.ts';
import { findSample, readMetrics } from './metrics-text.ts';
import type { WrapperAnswer } from './wrapper-client.ts';
import type { StartedWrapper } from './wrapper-harness.ts';
import { call, type WrapperSuite } from './wrapper-suite.ts';

const TRACED = { headers: { 'x-request-tracing-id': 'trace-of-a-limit' } };
const ONE_AND_ONE = { max_concurrency: 1, max_concurrency_queue: 1 };

/** How many calls run, wait, and take how long. */
export function describeLimits({ start }: WrapperSuite): void {
  describe('limits', () => {
    test('of three calls to one that runs one and lets one wait, one is refused with 429', async () => {
      const wrapper = await (await start({ extra: ONE_AND_ONE })).untilReady();

      const answers = await Promise.all([1, 2, 3].map(async () => await sleepFor(wrapper, 1)));

      expect(sortStatuses(answers)).toEqual([200, 200, 429]);
      for (const answer of answers.filter(({ status }) => status === 429)) {
        expect(present(answer)).toEqual(aRefusal(429, { request_id: 'trace-of-a-limit' }));
      }
    });

    test('a caller who leaves while waiting leaves the place to the next one', async () => {
      const wrapper = await (await start({ extra: ONE_AND_ONE })).untilReady();
      const running = sleepFor(wrapper, 2);
      await waitForCalls(wrapper, 1);
      const leaving = new AbortController();
      const left = call(wrapper, { mode: 'sleep', seconds: 2 }, { signal: leaving.signal }).catch(
        () => 'left',
      );
      await waitForCalls(wrapper, 2);

      leaving.abort();
      const next = await waitUntil('the place in the queue', async () => {
        const answer = await call(wrapper, { mode: 'add', numbers: [40, 2] });
        return answer.status !== 429 && answer;
      });

      expect(await left).toBe('left');
      expect([next.status, next.text]).toEqual([200, '42']);
      expect((await running).text).toBe('"done"');
    });

    test('no more calls are taken than may be inflight', async () => {
      const wrapper = await (await start({ extra: { max_inflight_requests: 2 } })).untilReady();

      const answers = await Promise.all([1, 2, 3].map(async () => await sleepFor(wrapper, 1)));

      expect(sortStatuses(answers)).toEqual([200, 200, 429]);
      expect((await call(wrapper, { mode: 'add', numbers: [40, 2] })).text).toBe('42');
    });

    test('a call that takes longer than it may is 504, and the next one works', async () => {
      const wrapper = await (await start({ extra: { call_timeout: 0.5 } })).untilReady();

      const answer = await sleepFor(wrapper, 4);
      const next = await call(wrapper, { mode: 'add', numbers: [40, 2] });

      expect(present(answer)).toEqual(aRefusal(504, { request_id: 'trace-of-a-limit' }));
      expect([next.status, next.text]).toEqual([200, '42']);
    });

    test('a call has no more time when it had to wait for its turn', async () => {
      const wrapper = await (await start({ extra: { max_concurrency: 1, call_timeout: 1.6 } })).untilReady();
      const running = sleepFor(wrapper, 1);
      await waitForCalls(wrapper, 1);

      const waited = await sleepFor(wrapper, 1.5);

      expect((await running).text).toBe('"done"');
      expect(present(waited)).toEqual(aRefusal(504, { request_id: 'trace-of-a-limit' }));
    });
  });
}

function sortStatuses(answers: readonly WrapperAnswer[]): number[] {
  return answers.map(({ status }) => status).toSorted((one, other) => one - other);
}

async function sleepFor(wrapper: StartedWrapper, seconds: number): Promise<WrapperAnswer> {
  return await call(wrapper, { mode: 'sleep', seconds }, TRACED);
}

/** Waits until that many calls have come in. */
async function waitForCalls(wrapper: StartedWrapper, count: number): Promise<void> {
  await waitUntil(`${count} calls`, async () => {
    const samples = await readMetrics(wrapper);
    return findSample(samples, 'endpoint_requests_started_total', { endpoint: '/perform' }) === count;
  });
}
