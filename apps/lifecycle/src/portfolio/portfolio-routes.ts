import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { portfolioJobDtoSchema } from '@racetrack-platform/contracts';
import { requireScope } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import type { ListedJob } from '../jobs/job-listing.ts';
import type { JobService } from '../jobs/job-service.ts';
import { sendJobs } from '../jobs/send-jobs.ts';
import { presentRating, rateJobs } from './rate-jobs.ts';

export interface PortfolioRoutesDeps {
  readonly jobs: Pick<JobService, 'list'>;
}

const MINUTE_MS = 60_000;

/** The same jobs are rated again when their ages, which are shown in days, have grown by a minute. */
function createRater() {
  const rated = new WeakMap<readonly ListedJob[], { minute: number; jobs: ReturnType<typeof rate> }>();
  const rate = (jobs: readonly ListedJob[], minute: number) => rateJobs(jobs, minute * MINUTE_MS);
  return (jobs: readonly ListedJob[]) => {
    const minute = Math.floor(Date.now() / MINUTE_MS);
    const known = rated.get(jobs);
    if (known?.minute === minute) return known.jobs;
    const fresh = { minute, jobs: rate(jobs, minute) };
    rated.set(jobs, fresh);
    return fresh.jobs;
  };
}

/** Which jobs could be removed, and why. */
export const portfolioRoutes: FastifyPluginAsyncZod<PortfolioRoutesDeps> = async (app, { jobs }) => {
  const rateOnce = createRater();
  app.get(
    '/api/v1/job/portfolio',
    {
      schema: {
        tags: ['jobs'],
        summary: 'List the jobs that you may read with what speaks for removing them, best candidates first',
        response: { 200: z.array(portfolioJobDtoSchema) },
      },
    },
    async (request, reply) => {
      const subject = await authenticated(request);
      requireScope(subject, 'read_job');
      return await sendJobs(reply, rateOnce(await jobs.list(subject)), presentRating);
    },
  );
};
