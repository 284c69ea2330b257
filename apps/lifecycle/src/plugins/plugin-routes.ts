import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pluginManifestDtoSchema, type PluginManifestDto } from '@racetrack-platform/contracts';
import type { PluginHost } from '@racetrack-platform/plugin-engine';

/** What is installed; these need no token, as in Racetrack 2.36. Installing comes with a later version. */
export const pluginRoutes: FastifyPluginAsyncZod<{ host: PluginHost }> = async (app, { host }) => {
  app.get(
    '/api/v1/plugin',
    {
      schema: {
        tags: ['plugins'],
        security: [],
        summary: 'List plugins',
        response: { 200: z.array(pluginManifestDtoSchema) },
      },
    },
    async () => listUsable(host),
  );

  app.get(
    '/api/v1/plugin/job_type/versions',
    {
      schema: {
        tags: ['plugins'],
        security: [],
        summary: 'List job types',
        response: { 200: z.array(z.string()) },
      },
    },
    async () =>
      host
        .jobTypes()
        .map((jobType) => jobType.fullName)
        .sort(),
  );

  app.get(
    '/api/v1/plugin/infrastructure_targets',
    {
      schema: {
        tags: ['plugins'],
        security: [],
        summary: 'List infrastructure targets with the plugin of each',
        response: { 200: z.record(z.string(), pluginManifestDtoSchema) },
      },
    },
    async () => {
      const plugins = new Map(listUsable(host).map((plugin) => [plugin.name, plugin]));
      return Object.fromEntries(
        host.targets().flatMap((target) => {
          const plugin = plugins.get(target.plugin);
          return plugin ? [[target.name, plugin]] : [];
        }),
      );
    },
  );
};

/** Plugins that got so far as to say who they are. */
function listUsable(host: PluginHost): PluginManifestDto[] {
  return host.describe().flatMap(({ id, version, category }) => {
    if (version === null) return [];
    return [{ name: id, version, build_date: null, url: null, priority: 0, category, components: [] }];
  });
}
