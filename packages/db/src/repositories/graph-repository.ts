import { sql } from 'kysely';
import type { Queryable } from '../store.ts';

/** Somebody who calls jobs without being a person. */
export interface GraphCaller {
  readonly subjectId: string;
  readonly kind: 'esc' | 'job_family';
  /** Id of an external service; of a job family its name. */
  readonly id: string;
  readonly name: string;
}

/** What somebody may call; whether all of a job or one endpoint does not matter. */
export interface CallGrants {
  readonly subjectId: string;
  readonly everything: boolean;
  /** Names. */
  readonly families: readonly string[];
  readonly jobIds: readonly string[];
  /** Jobs that count only as long as they belong to the family of this name. */
  readonly jobsOfFamilies: readonly { readonly jobId: string; readonly family: string }[];
}

export interface GraphRepository {
  /** Every external service and job family that can hold permissions, by name. */
  listCallers(): Promise<GraphCaller[]>;
  /** What their permissions let them call. */
  listCallGrants(): Promise<CallGrants[]>;
  /** How often they have called which family. */
  listCalls(): Promise<{ subjectId: string; family: string; calls: number; lastCallAt: number }[]>;
}

/** What the dependency graph is drawn from, over several tables; users are no part of it. */
export function createGraphRepository(db: Queryable): GraphRepository {
  return {
    async listCallers() {
      const rows = await db
        .selectFrom('subject')
        .leftJoin('esc', 'esc.id', 'subject.esc_id')
        .leftJoin('job_family', 'job_family.id', 'subject.family_id')
        .select([
          'subject.id as subjectId',
          'esc.id as escId',
          'esc.name as escName',
          'job_family.name as family',
        ])
        .where('subject.kind', '!=', 'user')
        .orderBy((eb) => eb.fn.coalesce('esc.name', 'job_family.name'))
        .orderBy('subject.id')
        .execute();
      return rows.flatMap(({ subjectId, escId, escName, family }): GraphCaller[] => {
        if (escId !== null) return [{ subjectId, kind: 'esc', id: escId, name: escName ?? '' }];
        return family === null ? [] : [{ subjectId, kind: 'job_family', id: family, name: family }];
      });
    },

    async listCallGrants() {
      const rows = await db
        .selectFrom('permission')
        .select(['subject_id as subjectId', ...joinedGrants()])
        .where('scope', 'in', ['call_job', 'full_access'])
        .groupBy('subject_id')
        .execute();
      const users = await db.selectFrom('subject').select('id').where('kind', '=', 'user').execute();
      const isUser = new Set(users.map(({ id }) => id));
      const families = await db.selectFrom('job_family').select(['id', 'name']).execute();
      const names = new Map(families.map(({ id, name }) => [id, name]));
      return rows.filter(({ subjectId }) => !isUser.has(subjectId)).map((row) => splitGrants(row, names));
    },

    async listCalls() {
      return await db
        .selectFrom('call_edge')
        .innerJoin('subject', 'subject.id', 'call_edge.subject_id')
        .innerJoin('job_family', 'job_family.id', 'call_edge.family_id')
        .select([
          'call_edge.subject_id as subjectId',
          'job_family.name as family',
          'call_edge.calls',
          'call_edge.last_call_at as lastCallAt',
        ])
        .where('subject.kind', '!=', 'user')
        .execute();
    },
  };
}

/** One text for each subject: a row for each of a hundred thousand grants would take ten times as long to read. */
interface JoinedGrants {
  readonly subjectId: string;
  readonly unbound: number;
  readonly families: string | null;
  readonly jobs: string | null;
  /** Bound to a job and to a family. */
  readonly both: string | null;
}

/** No id has a comma or a slash. */
function joinedGrants() {
  return [
    sql<number>`count(case when family_id is null and job_id is null then 1 end)`.as('unbound'),
    sql<string | null>`string_agg(case when job_id is null then family_id end, ',')`.as('families'),
    sql<string | null>`string_agg(case when family_id is null then job_id end, ',')`.as('jobs'),
    sql<string | null>`string_agg(family_id || '/' || job_id, ',')`.as('both'),
  ] as const;
}

function splitGrants(row: JoinedGrants, familyNames: ReadonlyMap<string, string>): CallGrants {
  const split = (joined: string | null): string[] => joined?.split(',') ?? [];
  return {
    subjectId: row.subjectId,
    everything: row.unbound > 0,
    families: split(row.families).flatMap((id) => familyNames.get(id) ?? []),
    jobIds: split(row.jobs),
    jobsOfFamilies: split(row.both).flatMap((pair) => {
      const [familyId = '', jobId = ''] = pair.split('/');
      const family = familyNames.get(familyId);
      return family === undefined ? [] : [{ jobId, family }];
    }),
  };
}
