import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { countDone, countResponse } from './job-counters.ts';
import { createMetrics } from './metrics.ts';

function setUp() {
  const known = new Set(['adder', 'o"dd']);
  const metrics = createMetrics({
    isKnownJob: (name) => known.has(name),
    feedStatus: () => ({ isConnected: true, ageS: undefined, revision: 7 }),
  });
  return { known, metrics };
}

const page = readFileSync(new URL('../../../../docs/reference/metrics.md', import.meta.url), 'utf8');

describe('createMetrics', () => {
  test('has nothing of its own that docs/reference/metrics.md does not tell', async () => {
    const text = await setUp().metrics.render();
    const own = [...text.matchAll(/^# TYPE (pub_\S+) (\S+)$/gm)];

    expect(own.length).toBeGreaterThan(15);
    for (const [, name, type] of own) expect(page).toContain(`| \`${name}\` | ${type} | `);
  });

  test('renders jobs under the names of Racetrack 2.36', async () => {
    const { metrics } = setUp();
    const job = metrics.jobs.of('adder', '1.0.0');
    job.requests += 2;
    job.started += 2;
    countResponse(job, 200);
    countDone(job, 0.003);
    countDone(job, 9_999_999);
    const text = await metrics.render();

    for (const line of [
      'pub_job_proxy_requests{job_name="adder",job_version="1.0.0"} 2',
      'pub_job_proxy_requests_started{job_name="adder",job_version="1.0.0"} 2',
      'pub_job_proxy_requests_done{job_name="adder",job_version="1.0.0"} 2',
      'pub_job_proxy_response_codes{job_name="adder",job_version="1.0.0",status_code="200"} 1',
      'pub_job_call_response_time_histogram_bucket{le="0.002",job_name="adder",job_version="1.0.0"} 0',
      'pub_job_call_response_time_histogram_bucket{le="0.004",job_name="adder",job_version="1.0.0"} 1',
      'pub_job_call_response_time_histogram_bucket{le="1048.576",job_name="adder",job_version="1.0.0"} 1',
      'pub_job_call_response_time_histogram_bucket{le="+Inf",job_name="adder",job_version="1.0.0"} 2',
      'pub_job_call_response_time_histogram_count{job_name="adder",job_version="1.0.0"} 2',
      'pub_job_proxy_errors 0',
      'pub_auth_failed 0',
      'pub_feed_connected 1',
      'pub_feed_revision 7',
      '# TYPE pub_job_call_response_time_histogram histogram',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).not.toMatch(/^pub_feed_age_seconds /m);
  });

  test('forgets the series of a removed job', async () => {
    const { known, metrics } = setUp();
    metrics.jobs.of('adder', '1.0.0').requests += 1;
    metrics.jobs.of('o"dd', '1').requests += 1;
    known.delete('adder');
    const text = await metrics.render();

    expect(text).not.toContain('adder');
    expect(text).toContain('job_name="o\\"dd"');
  });
});
