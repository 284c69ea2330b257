import type { FastifyInstance, FastifyPluginAsync, FastifyPluginOptions, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod, ZodTypeProvider } from 'fastify-type-provider-zod';
import { LIFECYCLE_PREFIX } from '@racetrack-platform/contracts';
import type { Authenticator } from '../auth/authenticate.ts';
import { addOpenApi, apiPage } from './api-page.ts';
import { addAuthentication } from './authentication.ts';
import { addBodyParsers } from './body-parsers.ts';
import { addCors } from './cors.ts';
import { createServer, type CreateServerOptions } from './create-server.ts';
import { probeRoutes, type ProbeRoutesDeps } from './probe-routes.ts';

/** A feature's routes, with what they need already given; see {@link withDeps}. */
export type Routes = FastifyPluginAsync;

export interface CreateAppOptions extends Omit<CreateServerOptions, 'prefix'>, ProbeRoutesDeps {
  readonly authenticator: Authenticator;
  /** Looks at every request before its token and body; what it throws is the answer. */
  readonly checkRequest?: (request: FastifyRequest) => Promise<void>;
  /** Paths start with `/api/v1`; each answers under `/lifecycle` as well. */
  readonly routes: readonly Routes[];
}

/**
 * The HTTP application of lifecycle, ready but not listening. Every route answers at the bare root and under
 * `/lifecycle`, with and without a trailing slash, and is never redirected.
 */
export async function createApp(options: CreateAppOptions): Promise<FastifyInstance> {
  const app = createServer({ ...options, prefix: LIFECYCLE_PREFIX });
  addCors(app);
  addBodyParsers(app);
  addAuthentication(app, options.authenticator);
  if (options.checkRequest !== undefined) app.addHook('onRequest', options.checkRequest);
  await addOpenApi(app);
  await app.register(apiPage);
  await app.register(probeRoutes, options);
  for (const routes of options.routes) await app.register(routes);
  await app.ready();
  return app;
}

/**
 * Gives a feature's routes what they need, for the list in {@link CreateAppOptions}.
 *
 * @param plugin - a `FastifyPluginAsyncZod<Deps>`, in which zod schemas type requests and answers.
 */
export function withDeps<Deps extends FastifyPluginOptions>(
  plugin: FastifyPluginAsyncZod<Deps>,
  deps: Deps,
): Routes {
  return async (app) => {
    await plugin(app.withTypeProvider<ZodTypeProvider>(), deps);
  };
}
