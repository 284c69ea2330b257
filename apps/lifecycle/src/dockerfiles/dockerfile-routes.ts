import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  COMPATIBLE_VERSION,
  dockerfileDtoSchema,
  dockerfilePayloadSchema,
  type DockerfileDto,
  type DockerfilePayload,
} from '@racetrack-platform/contracts';
import type { Store } from '@racetrack-platform/db';
import { getJobType, parseManifest } from '@racetrack-platform/manifest';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { authorizeDeployment } from '../deployments/accept-deployment.ts';
import { takeRemoteCredentials } from '../deployments/take-remote-credentials.ts';
import { authenticated } from '../http/authentication.ts';
import { chooseJobType } from '../plugins/choose-job-type.ts';
import type { PluginSet } from '../plugins/set/plugin-set.ts';
import type { DockerfileRenderer } from './dockerfile-renderer.ts';

export interface DockerfileRoutesOptions {
  readonly store: Store;
  readonly host: Pick<PluginSet, 'jobTypes' | 'targets' | 'provideFiles'>;
  readonly dockerfiles: DockerfileRenderer;
}

/** Nothing is fetched, so no commit is known: what a template says of it reads so. */
const GIT_VERSION = 'unknown';
/** For files of the plugin that are not on this machine yet; a Python plugin may have to install what it requires. */
const FILES_TIMEOUT_MS = 120_000;
/** A manifest and a few texts. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;

/** What a container target would build. */
export const dockerfileRoutes: FastifyPluginAsyncZod<DockerfileRoutesOptions> = async (app, options) => {
  app.post(
    '/api/v1/deploy/dockerfile',
    {
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        tags: ['deployments'],
        summary: 'Show the Dockerfiles that a job is built with in containers',
        description:
          'For whoever may deploy that job; nothing is fetched, built or kept. `job_dockerfiles` holds Dockerfiles of ' +
          'the job itself, by path, for job types that build them. `git_version` reads `unknown`.',
        body: dockerfilePayloadSchema,
        response: { 200: dockerfileDtoSchema },
      },
    },
    async (request) => await renderDockerfiles(options, await authenticated(request), request.body),
  );
};

async function renderDockerfiles(
  { store, host, dockerfiles }: DockerfileRoutesOptions,
  subject: AuthenticatedSubject,
  payload: DockerfilePayload,
): Promise<DockerfileDto> {
  const { submitted } = takeRemoteCredentials(payload.manifest);
  const { manifest } = parseManifest(submitted, { source: 'job.yaml' });
  await authorizeDeployment(store.db, subject, manifest);
  const target = host.targets().find(({ name }) => name === manifest.infrastructure_target);
  const jobType = chooseJobType(host.jobTypes(), getJobType(manifest), target?.runs ?? 'container');
  const images = await dockerfiles.render({
    manifest: { ...submitted },
    jobType: jobType.fullName,
    images: jobType.images,
    pluginDir: await host.provideFiles(jobType.provider, AbortSignal.timeout(FILES_TIMEOUT_MS)),
    job: { kind: 'texts', texts: payload.job_dockerfiles ?? {} },
    gitVersion: GIT_VERSION,
    racetrackVersion: COMPATIBLE_VERSION,
  });
  return { job_type: jobType.fullName, images: [...images] };
}
