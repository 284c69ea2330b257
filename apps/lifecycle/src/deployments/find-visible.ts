import { findGrant, findScopeGrant } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createJobRepository,
  type DeploymentRow,
  type Queryable,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';

/**
 * Deployments that a subject may see, newest first: staff all of them, others their own and those of jobs that they may
 * read.
 */
export async function listVisibleDeployments(
  db: Queryable,
  subject: AuthenticatedSubject,
  limit: number,
): Promise<DeploymentRow[]> {
  const deployments = createDeploymentRepository(db);
  return subject.isStaff
    ? await deployments.list(limit)
    : await deployments.listVisible(subject.subjectId, limit);
}

/** @throws PlatformError `DEPLOYMENT_NOT_FOUND`, also for one that the subject may not see. */
export async function getVisibleDeployment(
  db: Queryable,
  subject: AuthenticatedSubject,
  id: string,
): Promise<DeploymentRow> {
  const row = await createDeploymentRepository(db).find(id);
  if (row !== undefined && (await maySee(db, subject, row))) return row;
  throw new PlatformError('DEPLOYMENT_NOT_FOUND', `deployment with ID ${id} was not found`, {
    hint: '`racetrack cancel` takes the id that `racetrack deploy` prints, or the name of a job that is being deployed right now. GET /api/v1/deploy lists the deployments that you may see.',
  });
}

/**
 * Whoever writes into a deployment from outside: its deployer, staff, and builders.
 *
 * @throws PlatformError `DEPLOYMENT_NOT_FOUND`, or `PERMISSION_DENIED` to whom may only see it.
 */
export async function getAnnotatableDeployment(
  db: Queryable,
  subject: AuthenticatedSubject,
  id: string,
): Promise<DeploymentRow> {
  const isBuilder = findScopeGrant(subject.permissions, 'call_admin_api') !== undefined;
  if (subject.isStaff || isBuilder) return await createDeploymentRepository(db).get(id);
  const row = await getVisibleDeployment(db, subject, id);
  if (row.subject_id === subject.subjectId) return row;
  throw new PlatformError('PERMISSION_DENIED', `${subject.caller} may not write into this deployment`, {
    hint: `Ask ${row.deployed_by}, who made it, or an administrator.`,
  });
}

/** Deployments hold manifests: whoever made one sees it, and whoever may read that job. */
async function maySee(db: Queryable, subject: AuthenticatedSubject, row: DeploymentRow): Promise<boolean> {
  if (row.subject_id === subject.subjectId || subject.isStaff) return true;
  const job = await createJobRepository(db).find(row.job_name, row.job_version);
  const resource = { family: row.job_name, jobId: job?.id ?? null, endpoint: null };
  return findGrant(subject.permissions, 'read_job', resource) !== undefined;
}
