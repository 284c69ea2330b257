import type { Expression, ExpressionBuilder, Insertable, Selectable, SqlBool } from 'kysely';
import type { AuditEventTable, Database } from '../database.ts';
import type { Queryable } from '../store.ts';

export type AuditEventRow = Selectable<AuditEventTable>;

/** What a reader may see, when that is not everything. */
export interface AuditVisibility {
  /** Events that this user took part in are always visible. */
  readonly username: string;
  /** Names of job families. */
  readonly families: readonly string[];
  readonly jobIds: readonly string[];
}

/** Filters are exact and combined with AND. */
export interface AuditFilter {
  readonly jobName?: string | undefined;
  readonly jobVersion?: string | undefined;
  /** Events with this user as executor or subject. */
  readonly relatedTo?: string | undefined;
  /** Left out: everything is visible. */
  readonly visibleTo?: AuditVisibility | undefined;
}

export interface AuditRepository {
  insert(row: Insertable<AuditEventTable>): Promise<void>;
  /** The newest first. */
  list(filter: AuditFilter, limit: number): Promise<AuditEventRow[]>;
}

/** All SQL on the table `audit_event`. */
export function createAuditRepository(db: Queryable): AuditRepository {
  return {
    async insert(row) {
      await db.insertInto('audit_event').values(row).execute();
    },

    async list({ jobName, jobVersion, relatedTo, visibleTo }, limit) {
      let query = db.selectFrom('audit_event').selectAll();
      if (jobName !== undefined) query = query.where('job_name', '=', jobName);
      if (jobVersion !== undefined) query = query.where('job_version', '=', jobVersion);
      if (relatedTo !== undefined) query = query.where((eb) => concerns(eb, relatedTo));
      if (visibleTo !== undefined) query = query.where((eb) => isVisible(eb, visibleTo));
      return await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute();
    },
  };
}

type Events = ExpressionBuilder<Database, 'audit_event'>;

function concerns(eb: Events, username: string): Expression<SqlBool> {
  return eb.or([eb('username_executor', '=', username), eb('username_subject', '=', username)]);
}

function isVisible(eb: Events, { username, families, jobIds }: AuditVisibility): Expression<SqlBool> {
  const ways = [concerns(eb, username)];
  if (families.length > 0) ways.push(eb('audit_event.job_name', 'in', families));
  if (jobIds.length > 0) {
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
