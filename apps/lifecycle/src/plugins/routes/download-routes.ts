import { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { createPluginRepository, type Store } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { archiveNameOf } from '@racetrack-platform/plugin-package';
import { authenticated } from '../../http/authentication.ts';
import { findPackage } from '../install/find-package.ts';

/** The ZIPs of installed plugins, for whoever has a token; Racetrack 2.36 gives them to everybody. */
export const downloadRoutes: FastifyPluginAsyncZod<{ store: Store }> = async (app, { store }) => {
  app.get(
    '/api/v1/plugin/:name/:version/download',
    {
      schema: {
        tags: ['plugins'],
        summary: 'Download the ZIP of an installed plugin',
        params: z.object({ name: z.string(), version: z.string() }),
      },
    },
    async (request, reply) => {
      await authenticated(request);
      const { name, version } = request.params;
      const found = await findPackage(store.db, name, version);
      if (found === undefined) throw notFound(name, version);
      const etag = `"${found.digest}"`;
      // Private, and to be asked for each time: it may be replaced.
      reply.headers({ etag, 'cache-control': 'private, no-cache' });
      if (request.headers['if-none-match'] === etag) return await reply.code(304).send();
      reply.headers({
        'content-type': 'application/zip',
        'content-length': found.sizeBytes,
        'content-disposition': `attachment; filename="${archiveNameOf(found)}"`,
      });
      return await reply.send(Readable.from(createPluginRepository(store.db).readArchive(found.digest)));
    },
  );
};

function notFound(name: string, version: string): PlatformError {
  return new PlatformError('NOT_FOUND', `Plugin '${name}' version '${version}' not found`, {
    hint: 'racetrack plugin list shows what is installed; what comes with the platform has no ZIP unless it is pinned.',
  });
}
