import type { FastifyPluginAsyncZod, ZodTypeProvider } from 'fastify-type-provider-zod';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import {
  callPermitDtoSchema,
  findGrant,
  scopeSchema,
  wireErrorSchema,
  type JobDto,
  type Scope,
} from '@racetrack-platform/contracts';
import type { JobRow, Store } from '@racetrack-platform/db';
import { ERROR_CODES, PlatformError, presentError } from '@racetrack-platform/errors';
import { authenticated } from '../http/authentication.ts';
import { resolveJob } from '../jobs/resolve-job.ts';
import { hideCause } from './hide-cause.ts';
import { permitCall, requireScopeOn, type CallPermit } from './permit-call.ts';
import { readEndpoint } from './read-endpoint.ts';

export interface AuthCheckRoutesDeps {
  readonly store: Store;
  readonly presentJob: (job: JobRow) => Promise<JobDto>;
  /** Whether refusals say their cause. */
  readonly authDebug: boolean;
}

const tags = ['authorization'];
const wanted = z.object({ name: z.string(), version: z.string() });
const scoped = wanted.extend({ scope: z.string() });
const allowed = { 202: z.literal(''), 401: wireErrorSchema };

/**
 * What gateways of Racetrack 2.36 ask for every call. Refusals hide their cause, unless `authDebug`: gateways pass them
 * on to strangers.
 */
export const authCheckRoutes: FastifyPluginAsyncZod<AuthCheckRoutesDeps> = async (app, deps) => {
  await app.register(async (untyped) => {
    const scope = untyped.withTypeProvider<ZodTypeProvider>();
    scope.setErrorHandler(async (error, request, reply) => {
      const shown = hideCause(error, deps.authDebug);
      if (!PlatformError.is(shown) || ERROR_CODES[shown.code].status !== 401) throw shown;
      // Without the field `type`, as in Racetrack 2.36.
      const { type: _type, ...body } = presentError(shown, request.id);
      await reply.code(401).type('application/json; charset=utf-8').send(JSON.stringify(body));
    });
    await scope.register(callRoutes, deps);
    await scope.register(scopeRoutes, deps);
  });
};

const callRoutes: FastifyPluginAsyncZod<AuthCheckRoutesDeps> = async (app, { store, presentJob }) => {
  for (const suffix of ['', '/*']) {
    app.get(
      `/api/v1/auth/can-call-job/:name/:version${suffix}`,
      {
        schema: {
          tags,
          summary: 'Whether an endpoint of a job may be called; the version may be an alias',
          params: wanted.loose(),
          response: { 200: callPermitDtoSchema, 401: wireErrorSchema },
        },
      },
      async (request) => {
        const endpoint = readEndpoint(tailOf(request, 'can-call-job'));
        const permit = await permitCall(
          store.db,
          request.params,
          endpoint,
          async () => await authenticated(request),
        );
        return {
          job: showTo(permit, await presentJob(permit.job)),
          caller: permit.caller?.caller ?? null,
          remote_gateway_url: null,
          remote_gateway_token: null,
        };
      },
    );
  }
};

const scopeRoutes: FastifyPluginAsyncZod<AuthCheckRoutesDeps> = async (app, { store }) => {
  async function check(
    request: FastifyRequest,
    params: z.infer<typeof scoped>,
    endpoint?: string,
  ): Promise<''> {
    const subject = await authenticated(request);
    const found = await resolveJob(store.db, params.name, params.version);
    const job = 'job' in found ? found.job : undefined;
    requireScopeOn(subject, readScope(params.scope), params, job, endpoint);
    return '';
  }

  app.get(
    '/api/v1/auth/allowed/job/:name/:version/scope/:scope',
    {
      schema: {
        tags,
        summary: 'Whether the token holds a scope on a job; the version may be an alias',
        params: scoped,
        response: allowed,
      },
    },
    async (request, reply) =>
      await reply
        .code(202)
        .type('text/plain; charset=utf-8')
        .send(await check(request, request.params)),
  );

  for (const suffix of ['', '/*']) {
    app.get(
      `/api/v1/auth/allowed/job_endpoint/:name/:version/scope/:scope/endpoint${suffix}`,
      {
        schema: {
          tags,
          summary: 'Whether the token holds a scope on an endpoint of a job; the version may be an alias',
          params: scoped.loose(),
          response: allowed,
        },
      },
      async (request, reply) => {
        const endpoint = readEndpoint(tailOf(request, 'allowed/job_endpoint', 5));
        return await reply
          .code(202)
          .type('text/plain; charset=utf-8')
          .send(await check(request, request.params, endpoint));
      },
    );
  }
};

/** What follows the parameters in the path, as it came: the framework's own reading would decode `%2F`. */
function tailOf(request: FastifyRequest, route: string, parts = 2): string {
  const [path = ''] = request.url.split('?', 1);
  const start = path.indexOf(`/auth/${route}/`) + `/auth/${route}/`.length;
  const rest = path.slice(start).split('/').slice(parts);
  return rest.length === 0 ? '' : `/${rest.join('/')}`;
}

/** A scope that does not exist is covered by full access alone, as in Racetrack 2.36. */
function readScope(text: string): Scope {
  const scope = scopeSchema.safeParse(text);
  return scope.success ? scope.data : 'full_access';
}

/** Whoever may call a job need not know how it is made: without the right to read it, what a gateway needs. */
function showTo({ job, caller }: CallPermit, dto: JobDto): JobDto {
  const resource = { family: job.name, jobId: job.id, endpoint: null };
  if (caller !== undefined && findGrant(caller.permissions, 'read_job', resource) !== undefined) return dto;
  return { ...dto, manifest: null, manifest_yaml: null, error: null, notice: null, deployed_by: null };
}
