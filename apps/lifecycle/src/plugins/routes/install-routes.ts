import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod, ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  installPluginPayloadSchema,
  pluginManifestDtoSchema,
  type PluginManifestDto,
} from '@racetrack-platform/contracts';
import { actorOf, type Actor } from '../../auth/actor.ts';
import { requireStaff } from '../../auth/require-permission.ts';
import { authenticated } from '../../http/authentication.ts';
import { warnClient } from '../../http/warn-client.ts';
import { installFromUri } from '../install/install-from-uri.ts';
import { installPlugin } from '../install/install-plugin.ts';
import type { PluginDeps } from '../install/plugin-deps.ts';
import { receiveForm } from '../install/receive-form.ts';
import {
  assertZipName,
  MAX_UPLOAD_BYTES,
  receivePackage,
  refuseLargeUpload,
} from '../install/receive-package.ts';
import { awaitsSettings } from '../install/try-plugin.ts';
import { presentManifest } from './present-plugin.ts';

const tags = ['plugins'];
/** Original clients write `0` and `1`. */
const replaceQuery = z.object({
  replace: z.enum(['0', '1', 'true', 'false', 'True', 'False']).default('0'),
});
const isReplaced = (word: string): boolean => ['1', 'true', 'True'].includes(word);

/** Installing plugins, for staff. */
export const installRoutes: FastifyPluginAsyncZod<PluginDeps> = async (app, deps) => {
  app.post(
    '/api/v1/plugins/install',
    {
      schema: {
        tags,
        summary:
          'Install a plugin from a URL, from GitHub, or of those that come with the platform; for staff',
        description:
          'Takes the address of a ZIP, `github.com/OWNER/REPO`, `github.com/OWNER/REPO==VERSION` or `bundled:NAME`. The ' +
          'server fetches it; private addresses only as far as it is allowed to fetch from them.',
        body: installPluginPayloadSchema,
        response: { 200: pluginManifestDtoSchema },
      },
    },
    async (request, reply) => {
      const actor = await requireActor(request);
      return warnIfFaulty(reply, await installFromUri(deps, { ...request.body, actor }));
    },
  );

  await app.register(async (untyped) => {
    const scope = untyped.withTypeProvider<ZodTypeProvider>();
    // Bodies go to a file as they arrive; the framework must not buffer them.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { bodyLimit: MAX_UPLOAD_BYTES }, (_request, payload, done) =>
      done(null, payload),
    );

    scope.post(
      '/api/v1/plugin/upload/:filename',
      {
        bodyLimit: MAX_UPLOAD_BYTES,
        schema: {
          tags,
          summary: 'Install a plugin: the body is its ZIP; for staff',
          description:
            'One that lacks settings is installed, and not in force until it is configured: the header ' +
            '`x-racetrack-warning` says so.',
          params: z.object({ filename: z.string() }),
          querystring: replaceQuery,
          response: { 200: pluginManifestDtoSchema },
        },
      },
      async (request, reply) => {
        const actor = await requireActor(request);
        const { filename } = request.params;
        assertZipName(filename);
        refuseLargeUpload(request.headers['content-length']);
        const path = await receivePackage(bodyOf(request), deps.uploadsDir);
        const received = { path, source: filename, actor };
        return warnIfFaulty(reply, await installReceived(received, request.query.replace));
      },
    );

    scope.post(
      '/api/v1/plugin/upload',
      {
        bodyLimit: MAX_UPLOAD_BYTES,
        schema: {
          tags,
          summary: 'Install a plugin: a form with its ZIP in the field "file"; for staff',
          querystring: replaceQuery,
          response: { 200: z.null() },
        },
      },
      async (request, reply) => {
        const actor = await requireActor(request);
        refuseLargeUpload(request.headers['content-length']);
        const form = await receiveForm(bodyOf(request), request.headers['content-type'], deps.uploadsDir);
        const received = { path: form.path, source: form.fileName, actor };
        warnIfFaulty(reply, await installReceived(received, request.query.replace));
        return null;
      },
    );
  });

  /** Most are refused then; one that awaits its settings, or that offers what another one does, is there. */
  function warnIfFaulty(reply: FastifyReply, manifest: PluginManifestDto): PluginManifestDto {
    const { name, version } = manifest;
    const plugin = deps.set.findVersion(name, version);
    if (plugin === undefined || plugin.error === null) return manifest;
    warnClient(
      reply,
      awaitsSettings(plugin.description)
        ? `${name} ${version} is installed, but not in force until it is configured: ${plugin.error}; racetrack plugin config set ${name} --file config.yaml`
        : `${name} ${version} is installed, but faulty: ${plugin.error}`,
    );
    return manifest;
  }

  async function installReceived(
    { path, source, actor }: { path: string; source: string; actor: Actor },
    replace: string,
  ) {
    try {
      assertZipName(source);
      const request = { path, source, replace: isReplaced(replace), actor };
      return presentManifest(await installPlugin(deps, request));
    } finally {
      await rm(path, { force: true });
    }
  }
};

async function requireActor(request: FastifyRequest): Promise<Actor> {
  const subject = await authenticated(request);
  requireStaff(subject);
  return actorOf(subject, request.ip);
}

/** A request without length and type has no body at all. */
function bodyOf(request: FastifyRequest): Readable {
  return (request.body as Readable | undefined) ?? Readable.from([]);
}
