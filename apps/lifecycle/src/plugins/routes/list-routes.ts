import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pluginDtoSchema, pluginManifestDtoSchema, pluginTreeDtoSchema } from '@racetrack-platform/contracts';
import { createJobRepository, type Store } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { pluginNotFound } from '../install/find-package.ts';
import { within } from '../install/within.ts';
import type { PluginSet } from '../set/plugin-set.ts';
import { countUses, presentManifest, presentPlugin, presentTree } from './present-plugin.ts';

const DOCS_MS = 30_000;
const open = { tags: ['plugins'], security: [] };

/** What is installed and what it offers; these need no token, as in Racetrack 2.36. */
export const listRoutes: FastifyPluginAsyncZod<{ set: PluginSet; store: Store }> = async (
  app,
  { set, store },
) => {
  const readUses = async () => await createJobRepository(store.db).countUse();

  app.get(
    '/api/v1/plugin',
    { schema: { ...open, summary: 'List plugins', response: { 200: z.array(pluginManifestDtoSchema) } } },
    async () => set.list().map(({ manifest }) => presentManifest(manifest)),
  );

  app.get(
    '/api/v1/plugins',
    {
      schema: {
        ...open,
        summary: 'List plugins with what they offer, where they come from, and what is wrong with them',
        response: { 200: z.array(pluginDtoSchema) },
      },
    },
    async () => {
      const uses = countUses(await readUses());
      return set.list().map((plugin) => presentPlugin(plugin, uses));
    },
  );

  app.get(
    '/api/v1/plugin/tree',
    {
      schema: {
        ...open,
        summary: 'List plugins, their job types and targets, and how many jobs use them',
        response: { 200: pluginTreeDtoSchema },
      },
    },
    async () => presentTree(set.list(), countUses(await readUses())),
  );

  app.get(
    '/api/v1/plugin/job_type/versions',
    { schema: { ...open, summary: 'List job types', response: { 200: z.array(z.string()) } } },
    async () =>
      set
        .jobTypes()
        .map(({ fullName }) => fullName)
        .sort(),
  );

  app.get(
    '/api/v1/plugin/infrastructure_targets',
    {
      schema: {
        ...open,
        summary: 'List infrastructure targets with the plugin of each',
        response: { 200: z.record(z.string(), pluginManifestDtoSchema) },
      },
    },
    async () =>
      Object.fromEntries(
        set.targets().map(({ name, provider }) => [name, presentManifest(provider.manifest)]),
      ),
  );

  app.get(
    '/api/v1/plugin/:name/docs',
    {
      schema: {
        ...open,
        summary: 'Read what a plugin says of itself, in Markdown; null when it says nothing',
        params: z.object({ name: z.string() }),
        response: { 200: z.string().nullable() },
      },
    },
    async (request, reply) => {
      const text = await readDocs(set, request.params.name);
      // A bare text would be sent as it is, and not as JSON.
      return await reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(text);
    },
  );
};

async function readDocs(set: PluginSet, name: string): Promise<string | null> {
  const plugin = set.find(name);
  if (plugin === undefined) throw pluginNotFound(name);
  if (!plugin.description.hooks.includes('markdown_docs')) return null;
  try {
    return await within(
      `reading the documentation of ${name}`,
      DOCS_MS,
      async (signal) => (await set.callHook(plugin, 'markdown_docs', {}, signal)) ?? null,
    );
  } catch (error) {
    // Whoever reads has no say in it, and need not know what goes on inside of it.
    if (!PlatformError.is(error)) throw error;
    throw new PlatformError('PLUGIN_FAILED', `plugin ${name} does not tell its documentation`, {
      hint: 'The platform log has the reason; tell its administrator.',
      cause: error,
    });
  }
}
