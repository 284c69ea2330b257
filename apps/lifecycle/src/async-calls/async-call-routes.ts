import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { asyncJobCallDtoSchema, type AsyncJobCallDto } from '@racetrack-platform/contracts';
import {
  createAsyncCallRepository,
  fromFlag,
  fromJson,
  toFlag,
  toJson,
  type AsyncCallRow,
  type Queryable,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { requireScope } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';

export interface AsyncCallRoutesDeps {
  readonly db: Queryable;
}

/** A call with both bodies; who may not store any is refused before it is read. */
const MAX_BODY_BYTES = 64 * 1_048_576;

const params = z.object({ id: z.string() });
const storedHeaders = z.record(z.string(), z.string());

/** Where pubs of Racetrack 2.36 keep asynchronous calls; ours keep theirs themselves. */
export const asyncCallRoutes: FastifyPluginAsyncZod<AsyncCallRoutesDeps> = async (app, { db }) => {
  const calls = createAsyncCallRepository(db);
  const tags = ['async calls'];
  const route = { onRequest: requireAdminApi, bodyLimit: MAX_BODY_BYTES };

  app.post(
    '/api/v1/job/async/call',
    {
      ...route,
      schema: {
        tags,
        summary: 'Store a call, in place of one with the same id',
        body: asyncJobCallDtoSchema,
        response: { 200: z.null() },
      },
    },
    async (request) => {
      await calls.put(toRow(request.body));
      return null;
    },
  );

  app.get(
    '/api/v1/job/async/call/:id',
    {
      ...route,
      schema: { tags, summary: 'Read a stored call', params, response: { 200: asyncJobCallDtoSchema } },
    },
    async ({ params: { id } }) => {
      const row = await calls.find(id);
      if (row !== undefined) return present(row);
      throw notFound(`Async job call with id "${id}" was not found`);
    },
  );

  app.put(
    '/api/v1/job/async/call/:id',
    {
      ...route,
      schema: {
        tags,
        summary: 'Store a call under its id',
        params,
        body: asyncJobCallDtoSchema,
        response: { 200: z.null() },
      },
    },
    async (request) => {
      if (request.body.id !== request.params.id) {
        throw new PlatformError('BAD_REQUEST', 'invalid Call ID', {
          hint: 'Send the same id in the path and in the body.',
        });
      }
      await calls.put(toRow(request.body));
      return null;
    },
  );

  app.delete(
    '/api/v1/job/async/call/:id',
    { ...route, schema: { tags, summary: 'Forget a stored call', params, response: { 200: z.null() } } },
    async ({ params: { id } }) => {
      if (!(await calls.delete(id))) throw notFound('AsyncJobCall record not found for given id');
      return null;
    },
  );
};

async function requireAdminApi(request: FastifyRequest): Promise<void> {
  requireScope(await authenticated(request), 'call_admin_api');
}

function notFound(message: string): PlatformError {
  return new PlatformError('NOT_FOUND', message, {
    hint: 'It may have been deleted, or purged because it was too old.',
  });
}

function toRow(call: AsyncJobCallDto): AsyncCallRow {
  return {
    ...call,
    started_at: call.started_at * 1_000,
    ended_at: call.ended_at === null ? null : call.ended_at * 1_000,
    request_headers: toJson(call.request_headers),
    response_headers: call.response_headers && toJson(call.response_headers),
    retriable_error: toFlag(call.retriable_error),
  };
}

function present(row: AsyncCallRow): AsyncJobCallDto {
  return {
    ...row,
    status: asyncJobCallDtoSchema.shape.status.parse(row.status),
    started_at: Math.floor(row.started_at / 1_000),
    ended_at: row.ended_at === null ? null : Math.floor(row.ended_at / 1_000),
    request_headers: storedHeaders.parse(fromJson(row.request_headers ?? '{}')),
    response_headers:
      row.response_headers === null ? null : storedHeaders.parse(fromJson(row.response_headers)),
    retriable_error: fromFlag(row.retriable_error),
  };
}
