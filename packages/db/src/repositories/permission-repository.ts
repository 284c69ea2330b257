import { randomUUID } from 'node:crypto';
import type { Permission, Scope } from '@racetrack-platform/contracts';
import type { PermissionTable } from '../database.ts';
import type { Queryable } from '../store.ts';

/** A grant to be stored; what is left out is not narrowed. */
export interface NewPermission {
  readonly subjectId: string;
  readonly scope: Scope;
  readonly familyId?: string | null;
  readonly jobId?: string | null;
  readonly endpoint?: string | null;
}

export interface PermissionRepository {
  listOfSubject(subjectId: string): Promise<Permission[]>;
  /** Of all subjects, in no particular order. */
  list(): Promise<(Permission & { subjectId: string })[]>;
  /** Who holds a grant on this very job: they change when it is deleted. */
  listSubjectIdsOfJob(jobId: string): Promise<string[]>;
  /** Answers false, and changes nothing, when the subject holds the very same grant already. */
  grant(permission: NewPermission, grantedAt: number): Promise<boolean>;
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
      const filters = {
        family_id: permission.familyId ?? null,
        job_id: permission.jobId ?? null,
        endpoint: permission.endpoint ?? null,
      };
      if (await isGranted(db, permission, filters)) return false;
      const { subjectId: subject_id, scope } = permission;
      await db
        .insertInto('permission')
        .values({ id: randomUUID(), subject_id, scope, ...filters, created_at: grantedAt })
        .execute();
      return true;
    },
  };
}

async function isGranted(
  db: Queryable,
  permission: NewPermission,
  filters: Pick<PermissionTable, 'family_id' | 'job_id' | 'endpoint'>,
): Promise<boolean> {
  const row = await db
    .selectFrom('permission')
    .select('id')
    .where('subject_id', '=', permission.subjectId)
    .where('scope', '=', permission.scope)
    .where('family_id', 'is not distinct from', filters.family_id)
    .where('job_id', 'is not distinct from', filters.job_id)
    .where('endpoint', 'is not distinct from', filters.endpoint)
    .executeTakeFirst();
  return row !== undefined;
}
