import { randomUUID } from 'node:crypto';
import type { SelectQueryBuilder } from 'kysely';
import type { Permission, Scope } from '@racetrack-platform/contracts';
import type { Database, PermissionTable, SubjectKind } from '../database.ts';
import type { Queryable } from '../store.ts';
import { markOf, type JobMark } from './job-marks.ts';
import type { JobRow } from './job-repository.ts';

/** A grant to be stored; what is left out is not narrowed. */
export interface NewPermission {
  readonly subjectId: string;
  readonly scope: Scope;
  readonly familyId?: string | null;
  readonly jobId?: string | null;
  readonly endpoint?: string | null;
}

/** Somebody who holds grants, as people name them. */
interface HolderRow {
  readonly kind: SubjectKind;
  readonly username: string | null;
  readonly esc_id: string | null;
  readonly family_name: string | null;
}

/** A grant with everything that people want to know of it. */
export interface GrantRecord extends Permission {
  readonly id: string;
  readonly number: number | null;
  readonly subjectId: string;
  /** An external service by its id: names of those are not unique. */
  readonly subject: { readonly kind: SubjectKind; readonly name: string };
  /** What an external service is called; of the others the name that they are known by. */
  readonly subjectName: string;
  /** The job that it is bound to. */
  readonly job: { readonly name: string; readonly version: string } | null;
  readonly createdAt: number;
}

/** Filters are combined with AND. */
export interface GrantFilter {
  readonly subjectId?: string | undefined;
  /** Name: grants on the family and on its jobs. */
  readonly family?: string | undefined;
  readonly job?: { readonly name: string; readonly version: string } | undefined;
}

/** A job that somebody has to do with. */
export type CoveredJob = JobMark & Pick<JobRow, 'name' | 'version'>;

export interface PermissionRepository {
  listOfSubject(subjectId: string): Promise<Permission[]>;
  /** Of all subjects, in no particular order. */
  list(): Promise<(Permission & { subjectId: string })[]>;
  /** Who holds a grant on this very job: they change when it is deleted. */
  listSubjectIdsOfJob(jobId: string): Promise<string[]>;
  /** Answers false, and changes nothing, when the subject holds the very same grant already. */
  grant(permission: NewPermission, grantedAt: number): Promise<boolean>;
  /** The very same grant, if the subject holds it. */
  findSame(permission: NewPermission): Promise<GrantRecord | undefined>;
  /** By its id, or by its number as text. */
  findRecord(idOrNumber: string): Promise<GrantRecord | undefined>;
  /** Oldest first. */
  listRecords(filter: GrantFilter, page: { limit: number; offset: number }): Promise<GrantRecord[]>;
  delete(id: string): Promise<void>;
  /** Active subjects that may give grants of some scopes: staff, and holders of one of `scopes` on everything. */
  listGivers(
    scopes: readonly Scope[],
    limit: number,
  ): Promise<{ readonly kind: SubjectKind; readonly name: string }[]>;
  /** Jobs that a subject's grants cover with a scope, by name and version. Its cost does not grow with other subjects' grants. */
  listCoveredJobs(subjectId: string, scope: Scope): Promise<CoveredJob[]>;
  /** Families that they cover, or of which they cover a job; by name. */
  listCoveredFamilies(subjectId: string, scope: Scope): Promise<{ id: string; name: string }[]>;
}

/** All SQL on the table `permission`. Families are shown by name, jobs by id. */
export function createPermissionRepository(db: Queryable): PermissionRepository {
  const permissions = db
    .selectFrom('permission')
    .leftJoin('job_family', 'job_family.id', 'permission.family_id')
    .select([
      'permission.subject_id as subjectId',
      'permission.scope',
      'job_family.name as family',
      'permission.job_id as jobId',
      'permission.endpoint',
    ]);

  return {
    ...createRecords(db),
    ...createCovered(db),

    async listOfSubject(subjectId) {
      const rows = await permissions.where('permission.subject_id', '=', subjectId).execute();
      return rows.map(({ scope, family, jobId, endpoint }) => ({ scope, family, jobId, endpoint }));
    },

    async list() {
      return await permissions.execute();
    },

    async listSubjectIdsOfJob(jobId) {
      const rows = await db
        .selectFrom('permission')
        .select('subject_id')
        .distinct()
        .where('job_id', '=', jobId)
        .execute();
      return rows.map((row) => row.subject_id);
    },

    async grant(permission, grantedAt) {
      if ((await findSameId(db, permission)) !== undefined) return false;
      const { subjectId: subject_id, scope } = permission;
      // Transactions are serial, so nobody else takes the same number.
      const { highest } = await db
        .selectFrom('permission')
        .select((eb) => eb.fn.max('number').as('highest'))
        .executeTakeFirstOrThrow();
      await db
        .insertInto('permission')
        .values({
          id: randomUUID(),
          subject_id,
          scope,
          ...filtersOf(permission),
          created_at: grantedAt,
          number: (highest ?? 0) + 1,
        })
        .execute();
      return true;
    },

    async delete(id) {
      await db.deleteFrom('permission').where('id', '=', id).execute();
    },

    async listGivers(scopes, limit) {
      const rows = await db
        .selectFrom('subject')
        .leftJoin('user', 'user.id', 'subject.user_id')
        .leftJoin('job_family', 'job_family.id', 'subject.family_id')
        .select(['subject.kind', 'user.username', 'subject.esc_id', 'job_family.name as family_name'])
        .where((eb) => eb.or([eb('subject.kind', '!=', 'user'), eb('user.is_active', '=', 1)]))
        .where((eb) =>
          eb.or([
            eb('user.is_staff', '=', 1),
            eb('subject.id', 'in', selectUnbound(db, scopes).select('permission.subject_id')),
          ]),
        )
        .orderBy('user.username')
        .orderBy('subject.id')
        .limit(limit)
        .execute();
      return rows.map(presentHolder);
    },
  };
}

function createRecords(db: Queryable): Pick<PermissionRepository, 'findSame' | 'findRecord' | 'listRecords'> {
  const records = db
    .selectFrom('permission')
    .innerJoin('subject', 'subject.id', 'permission.subject_id')
    .leftJoin('user', 'user.id', 'subject.user_id')
    .leftJoin('esc', 'esc.id', 'subject.esc_id')
    .leftJoin('job_family as holder', 'holder.id', 'subject.family_id')
    .leftJoin('job_family', 'job_family.id', 'permission.family_id')
    .leftJoin('job', 'job.id', 'permission.job_id')
    .select([
      'permission.id',
      'permission.number',
      'permission.subject_id as subjectId',
      'permission.scope',
      'permission.job_id as jobId',
      'permission.endpoint',
      'permission.created_at as createdAt',
      'subject.kind',
      'user.username',
      'subject.esc_id',
      'esc.name as escName',
      'holder.name as family_name',
      'job_family.name as family',
      'job.name as jobName',
      'job.version as jobVersion',
    ]);
  const find = async (id: string): Promise<GrantRecord | undefined> => {
    const row = await records.where('permission.id', '=', id).executeTakeFirst();
    return row && toRecord(row);
  };

  return {
    async findSame(permission) {
      const id = await findSameId(db, permission);
      return id === undefined ? undefined : await find(id);
    },

    async findRecord(idOrNumber) {
      if (!/^\d{1,15}$/.test(idOrNumber)) return await find(idOrNumber);
      const row = await records.where('permission.number', '=', Number(idOrNumber)).executeTakeFirst();
      return row && toRecord(row);
    },

    async listRecords(filter, page) {
      // First the rows of the page, then what they refer to: not the other way round for all before it.
      const rows = await records
        .where('permission.id', 'in', selectPage(db, filter, page))
        .orderBy('permission.number')
        .orderBy('permission.id')
        .execute();
      return rows.map(toRecord);
    },
  };
}

function selectPage(
  db: Queryable,
  { subjectId, family, job }: GrantFilter,
  { limit, offset }: { limit: number; offset: number },
) {
  let page = db.selectFrom('permission').select('permission.id');
  if (subjectId !== undefined) page = page.where('subject_id', '=', subjectId);
  if (family !== undefined) {
    page = page.where((eb) =>
      eb.or([
        eb('family_id', 'in', eb.selectFrom('job_family').select('id').where('name', '=', family)),
        eb('job_id', 'in', eb.selectFrom('job').select('id').where('name', '=', family)),
      ]),
    );
  }
  if (job !== undefined) {
    const { name, version } = job;
    const ids = db.selectFrom('job').select('id').where('name', '=', name).where('version', '=', version);
    page = page.where('job_id', 'in', ids);
  }
  return page.orderBy('number').orderBy('permission.id').limit(limit).offset(offset);
}

/**
 * Grants of one subject are few, jobs are many: what the subject's grants name is looked up once, and each job is
 * compared with that. Grants bound to an endpoint cover no job as a whole.
 */
function createCovered(db: Queryable): Pick<PermissionRepository, 'listCoveredJobs' | 'listCoveredFamilies'> {
  function coverOf(subjectId: string, scope: Scope) {
    const scopes: Scope[] = [scope, 'full_access'];
    const held = db
      .selectFrom('permission')
      .where('permission.subject_id', '=', subjectId)
      .where('permission.scope', 'in', scopes)
      .where('permission.endpoint', 'is', null);
    return {
      everything: selectUnbound(db, scopes)
        .select('permission.id')
        .where('permission.subject_id', '=', subjectId),
      familyIds: held
        .select('permission.family_id')
        .where('permission.family_id', 'is not', null)
        .where('permission.job_id', 'is', null),
      jobs: held
        .innerJoin('job as bound', 'bound.id', 'permission.job_id')
        .where((eb) =>
          eb.or([
            eb('permission.family_id', 'is', null),
            eb('permission.family_id', '=', eb.ref('bound.family_id')),
          ]),
        ),
    };
  }

  return {
    async listCoveredJobs(subjectId, scope) {
      const cover = coverOf(subjectId, scope);
      return await db
        .selectFrom('job')
        .select(['job.id', 'job.name', 'job.version', markOf().as('mark')])
        .where((eb) =>
          eb.or([
            eb.exists(cover.everything),
            eb('job.family_id', 'in', cover.familyIds),
            eb('job.id', 'in', cover.jobs.select('bound.id')),
          ]),
        )
        .orderBy('job.name')
        .orderBy('job.version')
        .execute();
    },

    async listCoveredFamilies(subjectId, scope) {
      const cover = coverOf(subjectId, scope);
      return await db
        .selectFrom('job_family')
        .select(['job_family.id', 'job_family.name'])
        .where((eb) =>
          eb.or([
            eb.exists(cover.everything),
            eb('job_family.id', 'in', cover.familyIds),
            eb('job_family.id', 'in', cover.jobs.select('bound.family_id')),
          ]),
        )
        .orderBy('job_family.name')
        .execute();
    },
  };
}

/** Grants of some scopes that are bound to nothing. */
function selectUnbound(
  db: Queryable,
  scopes: readonly Scope[],
): SelectQueryBuilder<Database, 'permission', object> {
  return db
    .selectFrom('permission')
    .where('permission.scope', 'in', scopes)
    .where('permission.family_id', 'is', null)
    .where('permission.job_id', 'is', null)
    .where('permission.endpoint', 'is', null);
}

function filtersOf({
  familyId,
  jobId,
  endpoint,
}: NewPermission): Pick<PermissionTable, 'family_id' | 'job_id' | 'endpoint'> {
  return { family_id: familyId ?? null, job_id: jobId ?? null, endpoint: endpoint ?? null };
}

async function findSameId(db: Queryable, permission: NewPermission): Promise<string | undefined> {
  const filters = filtersOf(permission);
  const row = await db
    .selectFrom('permission')
    .select('id')
    .where('subject_id', '=', permission.subjectId)
    .where('scope', '=', permission.scope)
    .where('family_id', 'is not distinct from', filters.family_id)
    .where('job_id', 'is not distinct from', filters.job_id)
    .where('endpoint', 'is not distinct from', filters.endpoint)
    .executeTakeFirst();
  return row?.id;
}

type RecordRow = Omit<GrantRecord, 'subject' | 'subjectName' | 'job'> &
  HolderRow & {
    readonly escName: string | null;
    readonly jobName: string | null;
    readonly jobVersion: string | null;
  };

function toRecord(row: RecordRow): GrantRecord {
  const { id, number, subjectId, scope, family, jobId, endpoint, createdAt, jobName, jobVersion } = row;
  const subject = presentHolder(row);
  const job = jobName === null || jobVersion === null ? null : { name: jobName, version: jobVersion };
  return {
    id,
    number,
    subjectId,
    subject,
    subjectName: row.escName ?? subject.name,
    scope,
    family,
    jobId,
    job,
    endpoint,
    createdAt,
  };
}

function presentHolder({ kind, username, esc_id, family_name }: HolderRow): GrantRecord['subject'] {
  return { kind, name: username ?? esc_id ?? family_name ?? '' };
}
