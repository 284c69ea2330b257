import type { ExpressionBuilder } from 'kysely';
import type { Database } from '../database.ts';

/** Grants by which a subject may read the job of a deployment, as `findGrant` of the contracts decides it. */
export function selectReadGrants(eb: ExpressionBuilder<Database, 'deployment'>, subjectId: string) {
  return eb
    .selectFrom('permission')
    .leftJoin('job_family', 'job_family.id', 'permission.family_id')
    .leftJoin('job', 'job.id', 'permission.job_id')
    .select('permission.id')
    .where('permission.subject_id', '=', subjectId)
    .where('permission.scope', 'in', ['read_job', 'full_access'])
    .where('permission.endpoint', 'is', null)
    .where((on) =>
      on.and([
        on.or([
          on('permission.family_id', 'is', null),
          on('job_family.name', '=', on.ref('deployment.job_name')),
        ]),
        on.or([
          on('permission.job_id', 'is', null),
          on.and([
            on('job.name', '=', on.ref('deployment.job_name')),
            on('job.version', '=', on.ref('deployment.job_version')),
          ]),
        ]),
      ]),
    );
}
