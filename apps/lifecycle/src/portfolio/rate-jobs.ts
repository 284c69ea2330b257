import type { JobDto, PortfolioJobDto } from '@racetrack-platform/contracts';
import { compareVersions, parseVersion, type Version } from '@racetrack-platform/manifest';

const SECONDS_PER_DAY = 86_400;

/** One thing that speaks for removing a job. */
interface Finding {
  readonly points: number;
  readonly reason: string;
}

/** What a job is judged by. */
type RatedJob = Pick<JobDto, 'name' | 'version' | 'status' | 'update_time' | 'last_call_time'>;

/** What the portfolio adds to a job. */
export type Rating = Omit<PortfolioJobDto, keyof JobDto>;

/**
 * Says of each job how much there is to be said for removing it, the best candidate first. Points and words are those
 * of Racetrack 2.36.
 *
 * @param jobs - those that the reader may see; newer versions are counted among them.
 * @param nowMs - the clock that ages are measured with.
 */
export function rateJobs<Job extends RatedJob>(jobs: readonly Job[], nowMs: number): (Job & Rating)[] {
  const newerVersions = countNewerVersions(jobs);
  return jobs
    .map((job) => ({ ...job, ...rate(job, newerVersions.get(job) ?? 0, nowMs / 1_000) }))
    .sort((a, b) => b.purge_score - a.purge_score);
}

/** The rating alone, as the API shows it. */
export function presentRating(job: Rating): Rating {
  return {
    purge_score: job.purge_score,
    purge_reasons: job.purge_reasons,
    purge_newer_versions: job.purge_newer_versions,
    update_time_days_ago: job.update_time_days_ago,
    last_call_time_days_ago: job.last_call_time_days_ago,
  };
}

function rate(job: RatedJob, newerVersions: number, nowSeconds: number): Rating {
  const daysSince = (time: number): number => Math.max(0, (nowSeconds - time) / SECONDS_PER_DAY);
  const updatedDaysAgo = daysSince(job.update_time);
  const calledDaysAgo = job.last_call_time === null ? null : daysSince(job.last_call_time);
  const findings = [
    ...judgeStatus(job),
    ...judgeUse(updatedDaysAgo, calledDaysAgo),
    ...judgeAge(newerVersions),
  ];
  return {
    purge_score: findings.reduce((sum, { points }) => sum + points, 0),
    purge_reasons: findings.map(({ reason }) => reason).join('\n'),
    purge_newer_versions: newerVersions,
    update_time_days_ago: updatedDaysAgo,
    last_call_time_days_ago: calledDaysAgo,
  };
}

function judgeStatus({ status }: RatedJob): Finding[] {
  switch (status) {
    case 'lost':
      return [
        {
          points: 50,
          reason: "Job is lost - can't be found in a cluster. It should be redeployed or removed.",
        },
      ];
    case 'error':
      return [{ points: 20, reason: 'Job is failing. It should be fixed or removed.' }];
    case 'starting':
    case 'running':
    case 'orphaned':
    case 'unknown':
      return [];
  }
}

/** A job of today had no time to be called. */
function judgeUse(updatedDaysAgo: number, calledDaysAgo: number | null): Finding[] {
  if (updatedDaysAgo < 1) return [];
  if (calledDaysAgo === null)
    return [{ points: 10, reason: 'Job seems to be unused as it was never called.' }];
  if (calledDaysAgo <= 1) return [];
  const reason = `Job hasn't been called for ${calledDaysAgo.toFixed(1)} days.`;
  return [{ points: 10 * Math.min(calledDaysAgo / 30, 1), reason }];
}

function judgeAge(newerVersions: number): Finding[] {
  if (newerVersions === 0) return [];
  return [{ points: 5 * Math.min(newerVersions / 5, 1), reason: `Job has ${newerVersions} newer versions.` }];
}

/** By sorting each family once. A version that cannot be read is newer than none, and has none newer. */
function countNewerVersions(jobs: readonly RatedJob[]): Map<RatedJob, number> {
  const counts = new Map<RatedJob, number>();
  // Families have the same few versions.
  const parsed = new Map(
    [...new Set(jobs.map(({ version }) => version))].map((text) => [text, parseVersion(text)]),
  );
  for (const family of Map.groupBy(jobs, (job) => job.name).values()) {
    const readable = family.flatMap((job): { job: RatedJob; version: Version }[] => {
      const version = parsed.get(job.version);
      return version === undefined ? [] : [{ job, version }];
    });
    readable.sort((a, b) => compareVersions(b.version, a.version));
    for (const [newer, { job }] of readable.entries()) counts.set(job, newer);
  }
  return counts;
}
