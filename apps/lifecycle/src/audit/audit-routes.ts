import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { auditEventDtoSchema, type AuditEventDto } from '@racetrack-platform/contracts';
import { createAuditRepository, type AuditFilter, type Queryable } from '@racetrack-platform/db';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireUser } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { visibilityOf } from './audit-visibility.ts';
import { explainAudit } from './explain-audit.ts';
import { presentEvent } from './present-event.ts';
import { sayTimeAgo } from './time-ago.ts';

export interface AuditRoutesDeps {
  readonly db: Queryable;
  readonly now?: () => number;
}

/** The newest events that an answer holds, as in Racetrack 2.36. */
const LIMIT = 100;

const activityQuery = z.object({
  job_name: z.string().optional(),
  job_version: z.string().optional(),
  related_to_me: z.string().optional(),
});
const activitySchema = z.object({
  filter_job_name: z.string(),
  filter_job_version: z.string(),
  filter_related_to_me: z.boolean(),
  events: z.array(auditEventDtoSchema.extend({ explanation: z.string(), time_ago: z.string() })),
});
const jobParams = z.object({ name: z.string().optional(), version: z.string().optional() });

/**
 * Routes of `/api/v1/audit` as in Racetrack 2.36, each narrowed to what its reader may see, see {@link visibilityOf}.
 */
export const auditRoutes: FastifyPluginAsyncZod<AuditRoutesDeps> = async (app, deps) => {
  const { db, now = Date.now } = deps;
  const tags = ['audit'];

  async function list(subject: AuthenticatedSubject, filter: AuditFilter): Promise<AuditEventDto[]> {
    const visible = { ...filter, visibleTo: visibilityOf(subject) };
    return (await createAuditRepository(db).list(visible, LIMIT)).map(presentEvent);
  }

  app.get(
    '/api/v1/audit/activity',
    {
      schema: {
        tags,
        summary: 'What happened lately, in words',
        querystring: activityQuery,
        response: { 200: activitySchema },
      },
    },
    async (request) => {
      const { job_name = '', job_version = '', related_to_me = '' } = request.query;
      const subject = await authenticated(request);
      requireUser(subject);
      const isRelated = /^(true|yes|1)$/i.test(related_to_me);
      const events = await list(subject, {
        jobName: job_name === '' ? undefined : job_name,
        jobVersion: job_version === '' ? undefined : job_version,
        relatedTo: isRelated ? subject.name : undefined,
      });
      return {
        filter_job_name: job_name,
        filter_job_version: job_version,
        filter_related_to_me: isRelated,
        events: events.map((event) => explain(event, now())),
      };
    },
  );

  for (const suffix of ['', '/job/:name', '/job/:name/:version']) {
    const answer = { tags, params: jobParams, response: { 200: z.array(auditEventDtoSchema) } };

    const events = { ...answer, summary: 'The newest events that you may see' };
    app.get(`/api/v1/audit/events${suffix}`, { schema: events }, async (request) => {
      const { name: jobName, version: jobVersion } = request.params;
      return await list(await authenticated(request), { jobName, jobVersion });
    });

    const own = { ...answer, summary: 'The newest events that you took part in' };
    app.get(`/api/v1/audit/user_events${suffix}`, { schema: own }, async (request) => {
      const { name: jobName, version: jobVersion } = request.params;
      const subject = await authenticated(request);
      requireUser(subject);
      return await list(subject, { jobName, jobVersion, relatedTo: subject.name });
    });
  }
};

function explain(event: AuditEventDto, now: number) {
  const ageSeconds = Math.floor(now / 1_000) - event.timestamp;
  return { ...event, explanation: explainAudit(event), time_ago: sayTimeAgo(ageSeconds) };
}
