import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { PluginDeps } from '../install/plugin-deps.ts';
import { changeRoutes } from './change-routes.ts';
import { downloadRoutes } from './download-routes.ts';
import { installRoutes } from './install-routes.ts';
import { listRoutes } from './list-routes.ts';

/** Everything about plugins. */
export const pluginRoutes: FastifyPluginAsyncZod<PluginDeps> = async (app, deps) => {
  await app.register(listRoutes, deps);
  await app.register(installRoutes, deps);
  await app.register(changeRoutes, deps);
  await app.register(downloadRoutes, deps);
};
