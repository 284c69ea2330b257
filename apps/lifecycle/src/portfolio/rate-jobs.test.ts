import { describe, expect, test } from 'vitest';
import type { JobDto, PortfolioJobDto } from '@racetrack-platform/contracts';
import { rateJobs } from './rate-jobs.ts';

const NOW_S = 1_000_000_000;
const DAY_S = 86_400;

function aJob(change: Partial<JobDto>): JobDto {
  return {
    id: 'j',
    name: 'adder',
    version: '1.0.0',
    status: 'running',
    create_time: NOW_S,
    update_time: NOW_S,
    manifest: null,
    manifest_yaml: null,
    internal_name: null,
    pub_url: null,
    error: null,
    notice: null,
    image_tag: null,
    deployed_by: null,
    last_call_time: null,
    infrastructure_target: null,
    replica_internal_names: [],
    job_type_version: 'python3:1.0.0',
    infrastructure_stats: {},
    pinned_as: [],
    ...change,
  };
}

function rate(...jobs: Partial<JobDto>[]): PortfolioJobDto[] {
  return rateJobs(jobs.map(aJob), NOW_S * 1_000);
}

describe('rateJobs', () => {
  test.each<[string, Partial<JobDto>, number, string]>([
    ['of today', {}, 0, ''],
    [
      'that is lost',
      { status: 'lost' },
      50,
      "Job is lost - can't be found in a cluster. It should be redeployed or removed.",
    ],
    ['that fails', { status: 'error' }, 20, 'Job is failing. It should be fixed or removed.'],
    ['never called', { update_time: NOW_S - DAY_S }, 10, 'Job seems to be unused as it was never called.'],
    [
      'not called for long',
      { update_time: 0, last_call_time: NOW_S - 3 * DAY_S },
      1,
      "Job hasn't been called for 3.0 days.",
    ],
    [
      'not called for ages',
      { update_time: 0, last_call_time: NOW_S - 99 * DAY_S },
      10,
      "Job hasn't been called for 99.0 days.",
    ],
    ['called today', { update_time: 0, last_call_time: NOW_S - 60 }, 0, ''],
  ])('gives a job %s its points and the reason', (_title, change, score, reasons) => {
    const [job] = rate(change);
    expect(job?.purge_score).toBeCloseTo(score);
    expect(job?.purge_reasons).toBe(reasons);
  });

  test('counts newer versions of the family, five of them at most, the best candidate first', () => {
    const versions = ['1.9.0', '1.10.0', '2.0.0-rc1', '1.0.0', '1.0.1', '1.0.2', '1.0.3'];
    const rated = rate(...versions.map((version) => ({ version })), { name: 'other', version: '9.0.0' });

    expect(rated[0]).toMatchObject({
      version: '1.0.0',
      purge_newer_versions: 6,
      purge_score: 5,
      purge_reasons: 'Job has 6 newer versions.',
    });
    expect(rated.find(({ version }) => version === '1.10.0')?.purge_newer_versions).toBe(1);
  });

  test('one version that cannot be read harms no other', () => {
    const rated = rate({ version: 'x' }, { version: '1.0.0' }, { version: '1.0.1' });

    expect(rated.map(({ version, purge_newer_versions }) => [version, purge_newer_versions])).toEqual([
      ['1.0.0', 1],
      ['x', 0],
      ['1.0.1', 0],
    ]);
  });
});
