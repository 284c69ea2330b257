import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { auditLogPageDtoSchema } from '@racetrack-platform/contracts';
import { createAuditRepository, type AuditFilter, type Queryable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { requireStaff } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { decodeCursor, encodeCursor } from './audit-cursor.ts';
import { AUDIT_EVENT_TYPES } from './explain-audit.ts';
import { visibilityOf } from './audit-visibility.ts';
import { exportEvents } from './export-events.ts';
import { presentEntry } from './present-event.ts';

export interface AuditLogRoutesDeps {
  readonly db: Queryable;
}

const MAX_LIMIT = 1_000;

const timeSchema = z
  .string()
  .max(40)
  .describe('Seconds since the epoch, or a time such as 2026-11-21T20:00:00Z');

const filterSchema = z.object({
  actor: z.string().optional().describe('Name of the one who did it'),
  subject: z.string().optional().describe('Name of the one it was done to'),
  type: z.string().optional().describe('Event type'),
  job: z.string().optional().describe('NAME or NAME/VERSION'),
  from: timeSchema.optional(),
  to: timeSchema.optional(),
});

const EXPORT_TYPES = {
  jsonl: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
} as const;

/** The whole audit log, filtered, page by page or as one file: ours, beside the routes of Racetrack 2.36. */
export const auditLogRoutes: FastifyPluginAsyncZod<AuditLogRoutesDeps> = async (app, { db }) => {
  app.get(
    '/api/v1/audit/log',
    {
      schema: {
        tags: ['audit'],
        summary: 'Read the audit log page by page, the newest events first',
        querystring: filterSchema.extend({
          limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(100),
          cursor: z.string().max(300).optional(),
        }),
        response: { 200: auditLogPageDtoSchema },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      const visibleTo = visibilityOf(subject);
      const { limit, cursor, ...query } = request.query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const filter = { ...toFilter(query), visibleTo };
      // One more than asked for tells whether there is a next page.
      const rows = await createAuditRepository(db).list(filter, limit + 1, after);
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? shown.at(-1) : undefined;
      return {
        events: shown.map((row) => presentEntry(row, visibleTo === undefined)),
        next_cursor: last === undefined ? null : encodeCursor({ createdAt: last.created_at, id: last.id }),
      };
    },
  );

  app.get(
    '/api/v1/audit/export',
    {
      schema: {
        tags: ['audit'],
        summary: 'Download the audit log, whole or filtered; for staff',
        querystring: filterSchema.extend({ format: z.enum(['jsonl', 'csv']).default('jsonl') }),
      },
    },
    async (request, reply) => {
      requireStaff(await authenticated(request));
      const { format, ...query } = request.query;
      const pieces = exportEvents(createAuditRepository(db), toFilter(query), format);
      return await reply
        .type(EXPORT_TYPES[format])
        .header('content-disposition', `attachment; filename="audit.${format}"`)
        .send(Readable.from(pieces));
    },
  );
};

function toFilter({ actor, subject, type, job, from, to }: z.output<typeof filterSchema>): AuditFilter {
  const [jobName, jobVersion] = job?.split('/', 2) ?? [];
  return {
    executor: actor,
    subject,
    eventType: requireType(type),
    jobName,
    jobVersion,
    fromMs: readTime(from),
    untilMs: readTime(to),
  };
}

function requireType(type: string | undefined): string | undefined {
  if (type === undefined || AUDIT_EVENT_TYPES.includes(type)) return type;
  throw new PlatformError('BAD_REQUEST', `there are no events of type "${type}"`, {
    hint: `The types are ${AUDIT_EVENT_TYPES.join(', ')}.`,
  });
}

/** Milliseconds since the epoch; what names no offset is UTC. */
function readTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,11}$/.test(text)) return Number(text) * 1_000;
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const isTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(text);
  const hasOffset = isDay || /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  const time = isDay || isTime ? Date.parse(hasOffset ? text : `${text}Z`) : Number.NaN;
  if (Number.isFinite(time)) return time;
  throw new PlatformError('BAD_REQUEST', `"${text}" is no time`, {
    hint: 'Write it as seconds since the epoch, or like 2026-11-21 or 2026-11-21T20:00:00Z. In a URL the + of an offset is written %2B.',
  });
}
