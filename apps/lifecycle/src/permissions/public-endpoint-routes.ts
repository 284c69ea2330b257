import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  normalizeEndpoint,
  publicEndpointDtoSchema,
  publicEndpointPayloadSchema,
  publicEndpointRequestDtoSchema,
  type PublicEndpointRequestDto,
} from '@racetrack-platform/contracts';
import {
  createJobRepository,
  type JobRow,
  type PublicEndpointRequest,
  type Store,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit } from '../audit/record-audit.ts';
import { actorOf, type Actor } from '../auth/actor.ts';
import { requireStaff } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { getAuthorizedJob } from '../jobs/authorize-job.ts';

export interface PublicEndpointRoutesDeps {
  readonly store: Store;
}

const tags = ['public endpoints'];
const versioned = z.object({ name: z.string(), version: z.string() });

/** Endpoints that need no token: a manifest asks for them, staff opens them, each for one version of a job. */
export const publicEndpointRoutes: FastifyPluginAsyncZod<PublicEndpointRoutesDeps> = async (
  app,
  { store },
) => {
  app.get(
    '/api/v1/job/:name/:version/public-endpoints',
    {
      schema: {
        tags,
        summary: 'List the endpoints of a job that are open to everybody; the version may be an alias',
        params: versioned,
        response: { 200: z.array(publicEndpointDtoSchema) },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      const wanted = { ...request.params, aliases: true };
      const job = await getAuthorizedJob(store.db, subject, 'read_job', wanted);
      const filter = { jobId: job.id, isActive: true };
      return (await createJobRepository(store.db).listPublicEndpointRequests(filter)).map(present);
    },
  );

  app.get(
    '/api/v1/public-endpoints',
    {
      schema: {
        tags,
        summary:
          'List the endpoints that manifests ask to be public: open ones, or those that wait; for staff',
        querystring: z.object({ active: z.stringbool().optional() }),
        response: { 200: z.array(publicEndpointRequestDtoSchema) },
      },
    },
    async (request) => {
      requireStaff(await authenticated(request));
      const filter = { isActive: request.query.active };
      return (await createJobRepository(store.db).listPublicEndpointRequests(filter)).map(present);
    },
  );

  app.put(
    '/api/v1/job/:name/:version/public-endpoints',
    {
      schema: {
        tags,
        summary: 'Open an endpoint that the manifest asks to be public, or close it; for staff',
        params: versioned,
        body: publicEndpointPayloadSchema,
        response: { 200: publicEndpointRequestDtoSchema },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireStaff(subject);
      const { name, version } = request.params;
      const actor = actorOf(subject, request.ip);
      const { result } = await store.transaction(async (trx) => {
        const job = await createJobRepository(trx.db).get(name, version);
        return await setActive(trx, actor, job, request.body);
      });
      return present(result);
    },
  );
};

async function setActive(
  trx: StoreTransaction,
  actor: Actor,
  job: JobRow,
  wanted: { readonly endpoint: string; readonly active: boolean },
): Promise<PublicEndpointRequest> {
  const before = await getRequest(trx, job, wanted.endpoint);
  if ((before.is_active === 1) === wanted.active) return before;
  const approval = wanted.active ? { by: actor.executor ?? '', at: Date.now() } : null;
  await createJobRepository(trx.db).setPublicEndpoint(job.id, before.endpoint, approval);
  trx.feedChanged('job', job.id);
  const after = await getRequest(trx, job, before.endpoint);
  await recordAudit(trx, {
    eventType: wanted.active ? 'public_endpoint_approved' : 'public_endpoint_withdrawn',
    ...actor,
    subject: job.deployed_by,
    jobName: job.name,
    jobVersion: job.version,
    properties: { endpoint: before.endpoint },
    before: { ...present(before) },
    after: { ...present(after) },
  });
  return after;
}

/** However the manifest and the request spell it. */
async function getRequest(
  trx: StoreTransaction,
  job: JobRow,
  endpoint: string,
): Promise<PublicEndpointRequest> {
  const requests = await createJobRepository(trx.db).listPublicEndpointRequests({ jobId: job.id });
  const found = requests.find((row) => normalizeEndpoint(row.endpoint) === normalizeEndpoint(endpoint));
  if (found !== undefined) return found;
  throw new PlatformError(
    'NOT_FOUND',
    `${job.name} v${job.version} does not ask for ${endpoint} to be public`,
    { hint: 'Add it to `public_endpoints` in the manifest, and deploy the next version.' },
  );
}

function present(row: PublicEndpointRequest): PublicEndpointRequestDto {
  return {
    job_name: row.name,
    job_version: row.version,
    endpoint: row.endpoint,
    active: row.is_active === 1,
    approved_by: row.approved_by,
    approve_time: row.approved_at === null ? null : Math.floor(row.approved_at / 1_000),
  };
}
