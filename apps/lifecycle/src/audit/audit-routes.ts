import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { auditEventDtoSchema, type AuditEventDto } from '@racetrack-platform/contracts';
import {
  createAuditRepository,
  fromJson,
  type AuditEventRow,
  type AuditFilter,
  type AuditVisibility,
  type Queryable,
} from '@racetrack-platform/db';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireUser } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { explainAudit } from './explain-audit.ts';
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
 * Routes of `/api/v1/audit`, for users. Unlike in Racetrack 2.36, where any token reads the whole log, users see what
 * they took part in and what happened to jobs that they may read; those who may read everything, and staff, see all.
 */
export const auditRoutes: FastifyPluginAsyncZod<AuditRoutesDeps> = async (app, deps) => {
  const { db, now = Date.now } = deps;
  const tags = ['audit'];

  async function list(subject: AuthenticatedSubject, filter: AuditFilter): Promise<AuditEventDto[]> {
    requireUser(subject);
    const visibleTo = visibilityOf(subject);
    return (await createAuditRepository(db).list({ ...filter, visibleTo }, LIMIT)).map(presentEvent);
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
    const schema = { tags, params: jobParams, response: { 200: z.array(auditEventDtoSchema) } };

    app.get(`/api/v1/audit/events${suffix}`, { schema }, async (request) => {
      const { name: jobName, version: jobVersion } = request.params;
      return await list(await authenticated(request), { jobName, jobVersion });
    });

    app.get(`/api/v1/audit/user_events${suffix}`, { schema }, async (request) => {
      const { name: jobName, version: jobVersion } = request.params;
      const subject = await authenticated(request);
      return await list(subject, { jobName, jobVersion, relatedTo: subject.name });
    });
  }
};

function explain(event: AuditEventDto, now: number) {
  const ageSeconds = Math.floor(now / 1_000) - event.timestamp;
  return { ...event, explanation: explainAudit(event), time_ago: sayTimeAgo(ageSeconds) };
}

/** `undefined` for those who see everything. */
function visibilityOf(subject: AuthenticatedSubject): AuditVisibility | undefined {
  const grants = subject.permissions.filter(({ scope }) => scope === 'read_job' || scope === 'full_access');
  const seesAll = grants.some(
    ({ family, jobId, endpoint }) => family === null && jobId === null && endpoint === null,
  );
  if (subject.isStaff || seesAll) return undefined;
  const ofJobs = grants.filter(({ endpoint }) => endpoint === null);
  return {
    username: subject.name,
    families: ofJobs.flatMap(({ family, jobId }) => (jobId === null && family !== null ? [family] : [])),
    jobIds: ofJobs.flatMap(({ jobId }) => (jobId === null ? [] : [jobId])),
  };
}

function presentEvent(row: AuditEventRow): AuditEventDto {
  return {
    id: row.id,
    version: 1,
    timestamp: Math.floor(row.created_at / 1_000),
    event_type: row.event_type,
    properties: z.record(z.string(), z.unknown()).catch({}).parse(fromJson(row.properties)),
    username_executor: row.username_executor,
    username_subject: row.username_subject,
    job_name: row.job_name,
    job_version: row.job_version,
  };
}
