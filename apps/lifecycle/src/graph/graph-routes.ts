import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { jobGraphDtoSchema } from '@racetrack-platform/contracts';
import {
  createGraphRepository,
  createJobRepository,
  createPermissionRepository,
  type Queryable,
} from '@racetrack-platform/db';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireScope } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { jobUrl } from '../jobs/present-job.ts';
import { readsAllJobs } from '../jobs/reads-all-jobs.ts';
import type { GraphJob } from './build-graph.ts';
import { KeptDrawings } from './kept-drawings.ts';

export interface GraphRoutesDeps {
  readonly db: Queryable;
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
}

const query = z.object({
  observed: z
    .enum(['true', 'false'])
    .default('false')
    .describe('Whether edges say which calls have happened'),
});

/** Who may call whom, and who does. */
export const graphRoutes: FastifyPluginAsyncZod<GraphRoutesDeps> = async (app, deps) => {
  const { db, externalPubUrl } = deps;
  const graph = createGraphRepository(db);
  const drawings = new KeptDrawings();

  /** Without their manifests, which take longer to read than all the rest. */
  async function listReadable({ subjectId, permissions }: AuthenticatedSubject): Promise<GraphJob[]> {
    const jobs = readsAllJobs(permissions)
      ? await createJobRepository(db).listVersionsOfAll()
      : await createPermissionRepository(db).listCoveredJobs(subjectId, 'read_job');
    return jobs.map(({ id, name, version }) => ({
      id,
      name,
      version,
      url: jobUrl(externalPubUrl, name, version),
    }));
  }

  app.get(
    '/api/v1/job/graph',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Draw the dependencies between job families and external services',
        querystring: query,
        response: { 200: jobGraphDtoSchema },
      },
    },
    async (request, reply) => {
      const subject = await authenticated(request);
      requireScope(subject, 'read_job');
      const drawn = drawings.draw({
        jobs: await listReadable(subject),
        callers: await graph.listCallers(),
        grants: await graph.listCallGrants(),
        calls: request.query.observed === 'true' ? await graph.listCalls() : undefined,
        showsAllServices: subject.kind === 'user' && subject.isStaff,
      });
      // Checking and writing fifty thousand edges field by field would hold up everybody else.
      return await reply
        .serializer(String)
        .type('application/json; charset=utf-8')
        // The framework takes the answer's type from the schema, which does not know texts that are written already.
        .send(drawn as never);
    },
  );
};
