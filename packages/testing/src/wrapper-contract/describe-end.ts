import { Agent } from 'node:http';
import { describe, expect, test } from 'vitest';
import { waitUntil } from '../wait-until.ts';
import { findSample, readMetrics } from './metrics-text.ts';
import type { StartedWrapper } from './wrapper-harness.ts';
import { call, type WrapperSuite } from './wrapper-suite.ts';

/** How a wrapper ends. */
export function describeEnd({ start }: WrapperSuite): void {
  describe('end', () => {
    test('after SIGTERM a call in progress is answered, nobody else is let in, and the process ends with 0', async () => {
      const wrapper = await (await start()).untilReady();
      const agent = new Agent({ keepAlive: true });
      const running = startSleeping(wrapper, 2);
      await untilCalled(wrapper, agent);

      await wrapper.signal('SIGTERM');
      await untilClosed(wrapper);
      const answer = await running;

      expect(answer).toBe('"done"');
      expect(await wrapper.exitCode()).toBe(0);
      agent.destroy();
    });

    test('a second signal ends the waiting', async () => {
      const wrapper = await (await start()).untilReady();
      const running = startSleeping(wrapper, 50);
      await untilCalled(wrapper);

      await wrapper.signal('SIGTERM');
      await untilClosed(wrapper);
      await wrapper.signal('SIGTERM');

      await wrapper.exitCode();
      expect(await running).toBe('broken');
    });

    test('calls have no longer than the grace period', async () => {
      const wrapper = await (await start({ env: { JOB_SHUTDOWN_GRACE_SECONDS: '1' } })).untilReady();
      const running = startSleeping(wrapper, 50);
      await untilCalled(wrapper);

      await wrapper.signal('SIGTERM');

      expect(await wrapper.exitCode()).toBe(0);
      expect(await running).toBe('broken');
    });

    test('an idle job ends with 0 after SIGINT', async () => {
      const wrapper = await (await start()).untilReady();

      await wrapper.signal('SIGINT');

      expect(await wrapper.exitCode()).toBe(0);
    });
  });
}

/** The text of the answer, or `broken` when there is none. */
async function startSleeping(wrapper: StartedWrapper, seconds: number): Promise<string> {
  return await call(wrapper, { mode: 'sleep', seconds }).then(
    ({ text }) => text,
    () => 'broken',
  );
}

async function untilCalled(wrapper: StartedWrapper, agent?: Agent): Promise<void> {
  // An idle connection must not hold up the end.
  if (agent !== undefined) await wrapper.request('/live', { agent });
  await waitUntil('the call to be there', async () => {
    const samples = await readMetrics(wrapper);
    return findSample(samples, 'endpoint_requests_started_total', { endpoint: '/perform' }) === 1;
  });
}

async function untilClosed(wrapper: StartedWrapper): Promise<void> {
  await waitUntil('new connections to be refused', async () => {
    const isOpen = await wrapper.request('/live').then(
      () => true,
      () => false,
    );
    return !isOpen;
  });
}
