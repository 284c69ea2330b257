import type { JobDto, PortfolioJobDto } from '@racetrack-platform/contracts';
import { compareVersions, parseVersion, type Version } from '@racetrack-platform/manifest';

const SECONDS_PER_DAY = 86_400;

/** One thing that speaks for removing a job. */
interface Finding {
  readonly points: number;
  readonly reason: string;
}

/**
 * Says of each job how much there is to be said for removing it, the best candidate first. Points and words are those
 * of Racetrack 2.36.
 *
 * @param jobs - those that the reader may see; newer versions are counted among them.
 * @param nowMs - the clock that ages are measured with.
 */
export function rateJobs(jobs: readonly JobDto[], nowMs: number): PortfolioJobDto[] {
  const newerVersions = countNewerVersions(jobs);
  return jobs
    .map((job) => rate(job, newerVersions.get(job) ?? 0, nowMs / 1_000))
    .sort((a, b) => b.purge_score - a.purge_score);
}

function rate(job: JobDto, newerVersions: number, nowSeconds: number): PortfolioJobDto {
  const daysSince = (time: number): number => Math.max(0, (nowSeconds - time) / SECONDS_PER_DAY);
  const updatedDaysAgo = daysSince(job.update_time);
  const calledDaysAgo = job.last_call_time === null ? null : daysSince(job.last_call_time);
  const findings = [
    ...judgeStatus(job),
    ...judgeUse(updatedDaysAgo, calledDaysAgo),
    ...judgeAge(newerVersions),
  ];
  return {
    ...job,
    purge_score: findings.reduce((sum, { points }) => sum + points, 0),
    purge_reasons: findings.map(({ reason }) => reason).join('\n'),
    purge_newer_versions: newerVersions,
    update_time_days_ago: updatedDaysAgo,
    last_call_time_days_ago: calledDaysAgo,
  };
}

function judgeStatus({ status }: JobDto): Finding[] {
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
function countNewerVersions(jobs: readonly JobDto[]): Map<JobDto, number> {
  const counts = new Map<JobDto, number>();
  for (const family of Map.groupBy(jobs, (job) => job.name).values()) {
    const readable = family.flatMap((job): { job: JobDto; version: Version }[] => {
      const version = parseVersion(job.version);
      return version === undefined ? [] : [{ job, version }];
    });
    readable.sort((a, b) => compareVersions(b.version, a.version));
    for (const [newer, { job }] of readable.entries()) counts.set(job, newer);
  }
  return counts;
}
