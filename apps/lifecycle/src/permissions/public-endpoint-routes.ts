import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  familyEndpointDtoSchema,
  publicEndpointDtoSchema,
  publicEndpointPayloadSchema,
  publicEndpointRequestDtoSchema,
} from '@racetrack-platform/contracts';
import { createFamilyEndpointRepository, createJobRepository, type Store } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { actorOf } from '../auth/actor.ts';
import { requireStaff } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { getAuthorizedJob } from '../jobs/authorize-job.ts';
import { changePublicEndpoint, presentRequests, withdrawFromFamily } from './change-public-endpoint.ts';
import { findFamilyId } from './read-grant-request.ts';

export interface PublicEndpointRoutesDeps {
  readonly store: Store;
}

const tags = ['public endpoints'];
const versioned = z.object({ name: z.string(), version: z.string() });

/** Endpoints that need no token: a manifest asks for them, staff opens them, for one version of a job or for all to come. */
export const publicEndpointRoutes: FastifyPluginAsyncZod<PublicEndpointRoutesDeps> = async (
  app,
  { store },
) => {
  await app.register(familyEndpointRoutes, { store });

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
      const rows = await createJobRepository(store.db).listPublicEndpointRequests(filter);
      return await presentRequests(store.db, rows);
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
      const rows = await createJobRepository(store.db).listPublicEndpointRequests(filter);
      return await presentRequests(store.db, rows);
    },
  );

  app.put(
    '/api/v1/job/:name/:version/public-endpoints',
    {
      schema: {
        tags,
        summary: 'Open an endpoint that the manifest asks to be public, or close it; for staff',
        description:
          'With `for_family` it is opened for the versions to come as well, as long as they ask for the very same ' +
          'endpoint, or closed at all versions.',
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
        return await changePublicEndpoint(trx, actor, job, request.body);
      });
      return result;
    },
  );
};

/** Approvals that outlast the versions that they were given for. */
const familyEndpointRoutes: FastifyPluginAsyncZod<PublicEndpointRoutesDeps> = async (app, { store }) => {
  app.get(
    '/api/v1/public-endpoints/families',
    {
      schema: {
        tags,
        summary: 'List the endpoints that new versions of a family get open; for staff',
        response: { 200: z.array(familyEndpointDtoSchema) },
      },
    },
    async (request) => {
      requireStaff(await authenticated(request));
      const approvals = await createFamilyEndpointRepository(store.db).listAll();
      return approvals.map(({ family, endpoint, approved_by, approved_at }) => {
        return { family, endpoint, approved_by, approve_time: Math.floor(approved_at / 1_000) };
      });
    },
  );

  app.delete(
    '/api/v1/public-endpoints/families/:name',
    {
      schema: {
        tags,
        summary: 'Close an endpoint at all versions of a family, and at those to come; for staff',
        params: z.object({ name: z.string() }),
        querystring: z.object({ endpoint: z.string().min(1).max(500) }),
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireStaff(subject);
      const { name } = request.params;
      const { endpoint } = request.query;
      await store.transaction(async (trx) => {
        const family = { id: await findFamilyId(trx.db, name), name };
        if (await withdrawFromFamily(trx, actorOf(subject, request.ip), family, endpoint)) return;
        throw new PlatformError('NOT_FOUND', `no version of ${name} has ${endpoint} open`, {
          hint: 'See what is open with `racetrack public-endpoint list`, or GET /api/v1/public-endpoints/families.',
        });
      });
      return null;
    },
  );
};
