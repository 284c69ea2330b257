import type { Expression, ExpressionBuilder, Insertable, Selectable, SqlBool } from 'kysely';
import type { AuditEventTable, Database } from '../database.ts';
import type { Queryable } from '../store.ts';

export type AuditEventRow = Selectable<AuditEventTable>;

/** What a reader may see, when that is not everything. */
export interface AuditVisibility {
  /** What this subject did is always visible. */
  readonly subjectId: string;
  /** Of a user: events with this name as executor or subject are visible. Others could share a user's name. */
  readonly username?: string | undefined;
  /** Names of the job families whose events are visible; `all`: of every job. */
  readonly families: readonly string[] | 'all';
  readonly jobIds: readonly string[];
  /** These are visible to everybody. */
  readonly eventTypes: readonly string[];
}

/** Filters are exact and combined with AND. */
export interface AuditFilter {
  readonly jobName?: string | undefined;
  readonly jobVersion?: string | undefined;
  /** Events with this user as executor or subject. */
  readonly relatedTo?: string | undefined;
  readonly executor?: string | undefined;
  readonly subject?: string | undefined;
  readonly eventType?: string | undefined;
  /** Milliseconds since the epoch, from the first to before the second. */
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Left out: everything is visible. */
  readonly visibleTo?: AuditVisibility | undefined;
}

/** Where a page begins: behind this event, which is the last one of the page before. */
export interface AuditPosition {
  readonly createdAt: number;
  readonly id: string;
}

export interface AuditRepository {
  insert(row: Insertable<AuditEventTable>): Promise<void>;
  /**
   * The newest first, those of the same millisecond by id, so that pages neither miss nor repeat an event.
   *
   * @param after - left out: from the newest on.
   */
  list(filter: AuditFilter, limit: number, after?: AuditPosition): Promise<AuditEventRow[]>;
}

/** All SQL on the table `audit_event`. */
export function createAuditRepository(db: Queryable): AuditRepository {
  return {
    async insert(row) {
      await db.insertInto('audit_event').values(row).execute();
    },

    async list(filter, limit, after) {
      return await db
        .selectFrom('audit_event')
        .selectAll()
        .where((eb) => eb.and([...matches(eb, filter), ...(after === undefined ? [] : [isAfter(eb, after)])]))
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute();
    },
  };
}

type Events = ExpressionBuilder<Database, 'audit_event'>;

/** The columns that a filter compares as they are. */
const EXACT = {
  jobName: 'job_name',
  jobVersion: 'job_version',
  executor: 'username_executor',
  subject: 'username_subject',
  eventType: 'event_type',
} as const satisfies Partial<Record<keyof AuditFilter, keyof AuditEventTable>>;

function matches(eb: Events, filter: AuditFilter): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = [];
  for (const [name, column] of Object.entries(EXACT)) {
    const wanted = filter[name as keyof typeof EXACT];
    if (wanted !== undefined) conditions.push(eb(column, '=', wanted));
  }
  const { relatedTo, fromMs, untilMs, visibleTo } = filter;
  if (relatedTo !== undefined) conditions.push(concerns(eb, relatedTo));
  if (fromMs !== undefined) conditions.push(eb('created_at', '>=', fromMs));
  if (untilMs !== undefined) conditions.push(eb('created_at', '<', untilMs));
  if (visibleTo !== undefined) conditions.push(isVisible(eb, visibleTo));
  return conditions;
}

/** The first condition alone lets the index find the place; without it every page would begin with the newest event. */
function isAfter(eb: Events, { createdAt, id }: AuditPosition): Expression<SqlBool> {
  return eb.and([
    eb('created_at', '<=', createdAt),
    eb.or([eb('created_at', '<', createdAt), eb('id', '<', id)]),
  ]);
}

function concerns(eb: Events, username: string): Expression<SqlBool> {
  return eb.or([eb('username_executor', '=', username), eb('username_subject', '=', username)]);
}

function isVisible(eb: Events, reader: AuditVisibility): Expression<SqlBool> {
  const { families, jobIds } = reader;
  const ways: Expression<SqlBool>[] = [eb('executor_subject_id', '=', reader.subjectId)];
  if (reader.username !== undefined) ways.push(concerns(eb, reader.username));
  if (reader.eventTypes.length > 0) ways.push(eb('event_type', 'in', reader.eventTypes));
  if (families === 'all') ways.push(eb('audit_event.job_name', 'is not', null));
  else if (families.length > 0) ways.push(eb('audit_event.job_name', 'in', families));
  if (families !== 'all' && jobIds.length > 0) {
    const job = eb
      .selectFrom('job')
      .select('job.id')
      .where('job.id', 'in', jobIds)
      .whereRef('job.name', '=', 'audit_event.job_name')
      .whereRef('job.version', '=', 'audit_event.job_version');
    ways.push(eb.exists(job));
  }
  return eb.or(ways);
}
