import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { createDeploymentRepository, type Store } from '@racetrack-platform/db';
import { authenticated } from '../http/authentication.ts';
import { getAuthorizedJob } from './authorize-job.ts';
import { exportReproducibleManifest } from './export-manifest.ts';

export interface ExportManifestRoutesOptions {
  readonly store: Store;
}

/** A job's manifest, to be saved as a file. */
export const exportManifestRoutes: FastifyPluginAsyncZod<ExportManifestRoutesOptions> = async (
  app,
  { store },
) => {
  app.get(
    '/api/v1/job/:name/:version/manifest',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Read the manifest as YAML; the version may be an alias',
        description:
          'With `reproducible=true` it names the commit and the job type version that run, so that it deploys the ' +
          'same on another installation.',
        params: z.object({ name: z.string(), version: z.string() }),
        querystring: z.object({ reproducible: z.enum(['true', 'false']).default('false') }),
      },
    },
    async (request, reply) => {
      const job = await getAuthorizedJob(store.db, await authenticated(request), 'read_job', {
        ...request.params,
        aliases: true,
      });
      const isReproducible = request.query.reproducible === 'true';
      const yaml = isReproducible
        ? exportReproducibleManifest(await createDeploymentRepository(store.db).get(job.deployment_id))
        : job.manifest_yaml;
      // RFC 9512.
      return await reply.type('application/yaml; charset=utf-8').send(yaml);
    },
  );
};
