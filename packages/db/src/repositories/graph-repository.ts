import type { Queryable } from '../store.ts';

/** Somebody who calls jobs without being a person. */
export interface GraphCaller {
  readonly subjectId: string;
  readonly kind: 'esc' | 'job_family';
  /** Id of an external service; of a job family its name. */
  readonly id: string;
  readonly name: string;
}

/** Somebody may call a job: a family or job that is null stands for all. */
export interface CallGrant {
  readonly subjectId: string;
  /** Name. */
  readonly family: string | null;
  readonly jobId: string | null;
}

export interface GraphRepository {
  /** Every external service and job family that can hold permissions, by name. */
  listCallers(): Promise<GraphCaller[]>;
  /** What their permissions to call jobs are bound to, each once; endpoints do not matter. */
  listCallGrants(): Promise<CallGrant[]>;
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
      return await db
        .selectFrom('permission')
        .innerJoin('subject', 'subject.id', 'permission.subject_id')
        .leftJoin('job_family', 'job_family.id', 'permission.family_id')
        .select([
          'permission.subject_id as subjectId',
          'job_family.name as family',
          'permission.job_id as jobId',
        ])
        .distinct()
        .where('subject.kind', '!=', 'user')
        .where('permission.scope', 'in', ['call_job', 'full_access'])
        .execute();
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
