import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { portfolioJobDtoSchema } from '@racetrack-platform/contracts';
import { requireScope } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import type { JobService } from '../jobs/job-service.ts';
import { sendJobs } from '../jobs/send-jobs.ts';
import { presentRating, rateJobs } from './rate-jobs.ts';

export interface PortfolioRoutesDeps {
  readonly jobs: Pick<JobService, 'list'>;
}

/** Which jobs could be removed, and why. */
export const portfolioRoutes: FastifyPluginAsyncZod<PortfolioRoutesDeps> = async (app, { jobs }) => {
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
      return await sendJobs(reply, rateJobs(await jobs.list(subject), Date.now()), presentRating);
    },
  );
};
