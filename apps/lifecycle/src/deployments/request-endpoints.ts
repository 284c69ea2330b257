import { randomUUID } from 'node:crypto';
import { normalizeEndpoint } from '@racetrack-platform/contracts';
import {
  createFamilyEndpointRepository,
  createJobRepository,
  type DeploymentRow,
  type JobRow,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { recordAudit } from '../audit/record-audit.ts';
import { readStoredManifest } from './build-artifact.ts';

/**
 * Writes down the endpoints that a manifest asks to be public. They stay closed, but for those of a version that is new
 * and that were approved for the whole family: the very same endpoint, however it is spelt, and none below or above it.
 *
 * @param options - `isNew`: the version was not there before. One that was keeps what was decided about it.
 */
export async function requestEndpoints(
  trx: StoreTransaction,
  deployment: Pick<DeploymentRow, 'manifest_yaml' | 'deployed_by' | 'subject_id'>,
  job: Pick<JobRow, 'id' | 'name' | 'version' | 'family_id'>,
  options: { readonly isNew: boolean },
): Promise<void> {
  const endpoints = readStoredManifest(deployment.manifest_yaml).public_endpoints ?? [];
  const jobs = createJobRepository(trx.db);
  await jobs.requestPublicEndpoints(
    job.id,
    endpoints.map((endpoint) => ({ id: randomUUID(), endpoint })),
  );
  if (!options.isNew || endpoints.length === 0) return;
  const approvals = await createFamilyEndpointRepository(trx.db).list(job.family_id);
  for (const endpoint of endpoints) {
    const approval = approvals.find((known) => known.endpoint === normalizeEndpoint(endpoint));
    if (approval === undefined) continue;
    const { approved_by: by, approved_at: at } = approval;
    await jobs.setPublicEndpoint(job.id, endpoint, { by, at });
    await recordAudit(trx, {
      eventType: 'public_endpoint_carried_over',
      executor: deployment.deployed_by,
      executorSubjectId: deployment.subject_id,
      subject: by,
      jobName: job.name,
      jobVersion: job.version,
      properties: { endpoint },
      after: { active: true, approved_by: by, for_family: true },
    });
  }
}
