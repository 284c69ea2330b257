import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { infoDtoSchema } from '@racetrack-platform/contracts';
import type { ReportedVersions } from '../http/probe-routes.ts';

export interface InfoRoutesDeps {
  readonly versions: ReportedVersions;
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
  readonly externalLifecycleUrl: string;
  /** Empty when there is none. */
  readonly grafanaUrl?: string;
}

/** `GET /api/v1/info`: what clients ask before they have a token. */
export const infoRoutes: FastifyPluginAsyncZod<InfoRoutesDeps> = async (app, deps) => {
  app.get(
    '/api/v1/info',
    {
      schema: {
        tags: ['info'],
        summary: 'Versions and addresses of this server',
        security: [],
        response: { 200: infoDtoSchema },
      },
    },
    async () => ({
      service: 'lifecycle',
      git_version: deps.versions.gitVersion,
      docker_tag: deps.versions.dockerTag,
      auth_required: true,
      external_pub_url: deps.externalPubUrl,
      lifecycle_url: deps.externalLifecycleUrl,
      grafana_url: deps.grafanaUrl ?? '',
    }),
  );
};
