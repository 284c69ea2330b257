import { createRecordChanges, type Queryable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';

/**
 * Sees to it that nothing is taken away that a deployment under way needs at its end: the family of its job, and the
 * subject that is granted it. Call it in the transaction that deletes.
 *
 * @param what - is to be deleted, for people.
 * @param of - whose deployments are meant.
 * @throws PlatformError `DEPLOYMENT_IN_PROGRESS`.
 */
export async function requireNoDeployment(
  db: Queryable,
  what: string,
  of: { readonly subjectId: string | undefined; readonly jobName?: string },
): Promise<void> {
  const ongoing = await createRecordChanges(db).findOngoingDeployment(of);
  if (ongoing === undefined) return;
  const { id, job_name: name, job_version: version } = ongoing;
  throw new PlatformError(
    'DEPLOYMENT_IN_PROGRESS',
    `${what} is needed: ${name} ${version} is being deployed`,
    {
      hint: `Wait until the deployment ends (racetrack deploy --watch ${id}), or end it: racetrack cancel ${id}`,
    },
  );
}
