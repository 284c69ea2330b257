import { describe, expect, test } from 'vitest';
import { findSample, parseMetrics, readMetrics } from './metrics-text.ts';
import { call, type WrapperSuite } from './wrapper-suite.ts';

const PERFORM_LABEL = { endpoint: '/perform' };
const BUCKETS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 25, 50, 75, 100,
  250, 500, 750, 1000,
];

/** The metrics that dashboards read. */
export function describeMetrics({ start }: WrapperSuite): void {
  describe('metrics', () => {
    test('count calls, their errors and their time, with the buckets of all wrappers, and tell of the process', async () => {
      const wrapper = await (await start()).untilReady();
      const before = await readMetrics(wrapper);
      const startedAt = Date.now() / 1000;
      await call(wrapper, { mode: 'sleep', seconds: 0.2 });
      await call(wrapper, { mode: 'fail', message: 'counted' });
      await call(wrapper, { mode: 'refuse', message: 'counted' });

      const answer = await wrapper.request('/metrics');
      const after = parseMetrics(answer.text);

      expect(answer.headers['content-type']).toMatch(/^text\/plain; ?version=0\.0\.4/);
      expect(findSample(before, 'last_call_timestamp')).toBe(0);
      expect(findSample(after, 'last_call_timestamp')).toBeGreaterThan(startedAt - 5);
      for (const name of ['requests_started_total', 'requests_done_total']) {
        expect((findSample(after, name) ?? 0) - (findSample(before, name) ?? 0)).toBeGreaterThanOrEqual(3);
      }
      expect(findSample(after, 'endpoint_requests_started_total', PERFORM_LABEL)).toBe(3);
      expect(findSample(after, 'request_internal_errors_total', PERFORM_LABEL)).toBe(2);
      expect(findSample(after, 'request_duration_count', PERFORM_LABEL)).toBe(3);
      expect(findSample(after, 'request_duration_sum', PERFORM_LABEL)).toBeGreaterThanOrEqual(0.19);

      const buckets = after.filter(
        ({ name, labels }) => name === 'request_duration_bucket' && labels['endpoint'] === '/perform',
      );

      expect(buckets.map(({ labels }) => toBound(labels['le'] ?? ''))).toEqual([...BUCKETS, Infinity]);
      expect(answer.text).toMatch(/^# TYPE requests_started_total counter$/m);
      expect(answer.text).toMatch(/^# TYPE request_duration histogram$/m);
      expect(answer.text).toMatch(/^# TYPE last_call_timestamp gauge$/m);
      expect(findSample(after, 'process_cpu_seconds_total')).toBeGreaterThan(0);
      expect(findSample(after, 'process_resident_memory_bytes')).toBeGreaterThan(100_000);
      expect(findSample(after, 'process_start_time_seconds')).toBeGreaterThan(Date.now() / 1000 - 600);
    });
  });
}

function toBound(text: string): number {
  return text === '+Inf' ? Infinity : Number(text);
}
