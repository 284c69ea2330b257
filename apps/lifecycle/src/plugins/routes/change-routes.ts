import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { pluginConfigPayloadSchema } from '@racetrack-platform/contracts';
import { createJobRepository } from '@racetrack-platform/db';
import { actorOf, type Actor } from '../../auth/actor.ts';
import { requireStaff } from '../../auth/require-permission.ts';
import { authenticated } from '../../http/authentication.ts';
import { configurePlugin, getPluginConfig } from '../install/configure-plugin.ts';
import { pinPlugin, unpinPlugin } from '../install/pin-plugin.ts';
import type { PluginDeps } from '../install/plugin-deps.ts';
import { runAction } from '../install/run-action.ts';
import { uninstallAll, uninstallPlugin } from '../install/uninstall-plugin.ts';
import { countDependents } from './present-plugin.ts';

const tags = ['plugins'];
const exact = z.object({ name: z.string(), version: z.string() });
const done = { 200: z.null() };

/** Tells, with the answer to a removal, how many jobs need what was removed; they live on. */
const ACTIVE_JOBS_HEADER = 'x-racetrack-active-jobs';

/** Removing, configuring, pinning plugins and running their actions, for staff. */
export const changeRoutes: FastifyPluginAsyncZod<PluginDeps> = async (app, deps) => {
  app.delete(
    '/api/v1/plugin/all',
    {
      schema: {
        tags,
        summary: 'Remove every plugin that was installed; for staff',
        description: 'What comes with the platform stays, and so do configurations and running jobs.',
        response: done,
      },
    },
    async (request) => {
      await uninstallAll(deps, await requireActor(request));
      return null;
    },
  );

  app.delete(
    '/api/v1/plugin/:name/:version',
    {
      schema: {
        tags,
        summary: 'Remove one version of a plugin; for staff',
        description:
          'Running jobs and its configuration stay. The header `x-racetrack-active-jobs` says how many jobs need it.',
        params: exact,
        response: done,
      },
    },
    async (request, reply) => {
      const actor = await requireActor(request);
      const { name, version } = request.params;
      const plugin = deps.set.findVersion(name, version);
      const uses = await createJobRepository(deps.store.db).countUse();
      await uninstallPlugin(deps, name, version, actor);
      reply.header(ACTIVE_JOBS_HEADER, plugin === undefined ? 0 : countDependents(plugin, uses));
      return null;
    },
  );

  app.get(
    '/api/v1/plugin/:name/:version/config',
    {
      schema: {
        tags,
        summary: 'Read the configuration of a plugin, one for all its versions; for staff',
        params: exact,
        response: { 200: z.string() },
      },
    },
    async (request, reply) => {
      await requireActor(request);
      const { name, version } = request.params;
      const text = await getPluginConfig(deps, name, version);
      // A bare text would be sent as it is, and not as JSON.
      return await reply.type('application/json; charset=utf-8').serializer(JSON.stringify).send(text);
    },
  );

  app.put(
    '/api/v1/plugin/:name/:version/config',
    {
      schema: {
        tags,
        summary: 'Change the configuration of a plugin, of all its versions; for staff',
        description: 'The version is started with it first; when it cannot live with it, nothing changes.',
        params: exact,
        body: pluginConfigPayloadSchema,
        response: done,
      },
    },
    async (request) => {
      const actor = await requireActor(request);
      await configurePlugin(deps, { ...request.params, text: request.body.config_data }, actor);
      return null;
    },
  );

  app.post(
    '/api/v1/plugin/:name/run',
    {
      schema: {
        tags,
        summary: 'Run the action of a plugin, with the query and the JSON body as arguments; for staff',
        params: z.object({ name: z.string() }),
        body: z.record(z.string(), z.unknown()).nullish(),
        response: { 200: z.unknown() },
      },
    },
    async (request, reply) => {
      const actor = await requireActor(request);
      // Any names: a schema would be described as if there were certain ones.
      const args = { ...(request.query as Record<string, unknown>), ...request.body };
      const answer = await runAction(deps, request.params.name, args, actor);
      return await reply
        .type('application/json; charset=utf-8')
        .serializer(JSON.stringify)
        .send(answer ?? null);
    },
  );

  app.put(
    '/api/v1/plugin/:name/:version/pin',
    {
      schema: {
        tags,
        summary: 'Keep a plugin of the platform as it is when the platform is upgraded; for staff',
        params: exact,
        response: done,
      },
    },
    async (request) => {
      const actor = await requireActor(request);
      await pinPlugin(deps, request.params.name, request.params.version, actor);
      return null;
    },
  );

  app.delete(
    '/api/v1/plugin/:name/:version/pin',
    {
      schema: {
        tags,
        summary: 'Let a pinned plugin be upgraded with the platform again; for staff',
        params: exact,
        response: done,
      },
    },
    async (request) => {
      const actor = await requireActor(request);
      await unpinPlugin(deps, request.params.name, request.params.version, actor);
      return null;
    },
  );
};

async function requireActor(request: FastifyRequest): Promise<Actor> {
  const subject = await authenticated(request);
  requireStaff(subject);
  return actorOf(subject, request.ip);
}
