import { normalizeEndpoint, type PublicEndpointRequestDto } from '@racetrack-platform/contracts';
import {
  createFamilyEndpointRepository,
  createJobRepository,
  type JobRow,
  type PublicEndpointRequest,
  type Queryable,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../audit/record-audit.ts';
import type { Actor } from '../auth/actor.ts';

/** What is to become of an endpoint that a job's manifest asks to be public. */
export interface WantedEndpoint {
  readonly endpoint: string;
  readonly active: boolean;
  /** Opening: for the versions to come, too. Closing: for those, and at every version that there is. */
  readonly for_family: boolean;
}

/**
 * Opens or closes an endpoint, for a version or for a family; asking again changes nothing. Pub learns of it with the
 * transaction.
 *
 * @throws PlatformError `NOT_FOUND` when the manifest does not ask for it.
 */
export async function changePublicEndpoint(
  trx: StoreTransaction,
  actor: Actor,
  job: JobRow,
  wanted: WantedEndpoint,
): Promise<PublicEndpointRequestDto> {
  const row = await getRequest(trx.db, job, wanted.endpoint);
  const before = await presentOf(trx.db, job, row);
  const approvedAt = Date.now();
  if (wanted.for_family && wanted.active) {
    await createFamilyEndpointRepository(trx.db).approve({
      family_id: job.family_id,
      endpoint: normalizeEndpoint(row.endpoint),
      approved_by: actor.executor ?? '',
      approved_at: approvedAt,
    });
  }
  if (wanted.for_family && !wanted.active) {
    await withdrawFromFamily(trx, actor, { id: job.family_id, name: job.name }, row.endpoint);
  }
  const current = await getRequest(trx.db, job, row.endpoint);
  if ((current.is_active === 1) !== wanted.active) {
    const approval = wanted.active ? { by: actor.executor ?? '', at: approvedAt } : null;
    await createJobRepository(trx.db).setPublicEndpoint(job.id, row.endpoint, approval);
    trx.feedChanged('job', job.id);
  }
  const after = await presentOf(trx.db, job, await getRequest(trx.db, job, row.endpoint));
  // Closing for the family has told of itself.
  if (wanted.for_family && !wanted.active) return after;
  if (after.active !== before.active || after.for_family !== before.for_family) {
    await recordAudit(trx, {
      eventType: wanted.active ? 'public_endpoint_approved' : 'public_endpoint_withdrawn',
      ...actor,
      subject: job.deployed_by,
      jobName: job.name,
      jobVersion: job.version,
      properties: { endpoint: row.endpoint, ...(wanted.for_family && { for_family: true }) },
      before,
      after,
    });
  }
  return after;
}

/**
 * Takes an approval for a family back: the endpoint is closed at every version, and at those to come.
 *
 * @returns false when nothing of that was open.
 */
export async function withdrawFromFamily(
  trx: StoreTransaction,
  actor: Actor,
  family: { readonly id: string; readonly name: string },
  endpoint: string,
): Promise<boolean> {
  const normalized = normalizeEndpoint(endpoint);
  const wasApproved = await createFamilyEndpointRepository(trx.db).withdraw(family.id, normalized);
  const jobs = createJobRepository(trx.db);
  const open = (await jobs.listPublicEndpointRequests({ isActive: true })).filter(
    (row) => row.name === family.name && normalizeEndpoint(row.endpoint) === normalized,
  );
  if (!wasApproved && open.length === 0) return false;
  for (const row of open) {
    const { id } = await jobs.get(row.name, row.version);
    await jobs.setPublicEndpoint(id, row.endpoint, null);
    trx.feedChanged('job', id);
  }
  await recordAudit(trx, {
    eventType: 'public_endpoint_withdrawn',
    ...actor,
    jobName: family.name,
    properties: { endpoint: normalized, for_family: true },
    before: { for_family: wasApproved, open_at: open.map(({ version }) => version) },
    after: { for_family: false, open_at: [] },
  });
  return true;
}

/** Requests for the wire. */
export async function presentRequests(
  db: Queryable,
  rows: readonly PublicEndpointRequest[],
): Promise<PublicEndpointRequestDto[]> {
  const approvals = await createFamilyEndpointRepository(db).listAll();
  const approved = new Set(approvals.map(({ family, endpoint }) => `${family} ${endpoint}`));
  return rows.map((row) => present(row, approved.has(`${row.name} ${normalizeEndpoint(row.endpoint)}`)));
}

async function presentOf(
  db: Queryable,
  job: JobRow,
  row: PublicEndpointRequest,
): Promise<PublicEndpointRequestDto> {
  const approvals = await createFamilyEndpointRepository(db).list(job.family_id);
  return present(
    row,
    approvals.some(({ endpoint }) => endpoint === normalizeEndpoint(row.endpoint)),
  );
}

function present(row: PublicEndpointRequest, isForFamily: boolean): PublicEndpointRequestDto {
  return {
    job_name: row.name,
    job_version: row.version,
    endpoint: row.endpoint,
    active: row.is_active === 1,
    approved_by: row.approved_by,
    approve_time: row.approved_at === null ? null : Math.floor(row.approved_at / 1_000),
    for_family: isForFamily,
  };
}

/** However the manifest and the request spell it. */
async function getRequest(db: Queryable, job: JobRow, endpoint: string): Promise<PublicEndpointRequest> {
  const requests = await createJobRepository(db).listPublicEndpointRequests({ jobId: job.id });
  const found = requests.find((row) => normalizeEndpoint(row.endpoint) === normalizeEndpoint(endpoint));
  if (found !== undefined) return found;
  throw new PlatformError(
    'NOT_FOUND',
    `${job.name} v${job.version} does not ask for ${endpoint} to be public`,
    { hint: 'Add it to `public_endpoints` in the manifest, and deploy the next version.' },
  );
}
