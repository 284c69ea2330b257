import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { editManifestPayloadSchema, jobDtoSchema, logsDtoSchema } from '@racetrack-platform/contracts';
import {
  createBuildLogRepository,
  createDeploymentRepository,
  type JobRow,
  type Store,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { actorOf } from '../auth/actor.ts';
import { requireJobScope, requireScope } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { warnClient } from '../http/warn-client.ts';
import { getAuthorizedJob } from './authorize-job.ts';
import { deleteJob, type DeleteJobDeps } from './delete-job.ts';
import { editManifest, type EditManifestDeps } from './edit-manifest.ts';
import { readJobLogs, type JobLogsDeps } from './job-logs.ts';
import type { Replicas } from '../replicas/replicas.ts';
import type { JobService } from './job-service.ts';
import { resolveJob } from './resolve-job.ts';
import { stripColors } from './strip-colors.ts';
import { sendJobs } from './send-jobs.ts';
import type { PluginSet } from '../plugins/set/plugin-set.ts';

export interface JobRoutesOptions extends JobLogsDeps, DeleteJobDeps, EditManifestDeps {
  readonly host: PluginSet;
  readonly store: Store;
  readonly replicas: Replicas;
  readonly jobs: JobService;
  /** Remembers who read a job from where, for live logs without a token. */
  readonly noteJobRead: (address: string, name: string, version: string) => void;
}

const versioned = z.object({ name: z.string(), version: z.string() });
const tailOf = (fallback: number) => z.object({ tail: z.coerce.number().int().default(fallback) });

/** Jobs, their logs, and their end. */
export const jobRoutes: FastifyPluginAsyncZod<JobRoutesOptions> = async (app, options) => {
  const { store, jobs } = options;

  async function readable(request: FastifyRequest, wanted: z.infer<typeof versioned>): Promise<JobRow> {
    const job = await getAuthorizedJob(store.db, await authenticated(request), 'read_job', {
      ...wanted,
      aliases: true,
    });
    options.noteJobRead(request.ip, job.name, job.version);
    return job;
  }

  app.get(
    '/api/v1/job',
    {
      schema: {
        tags: ['jobs'],
        summary: 'List the jobs that you may read',
        response: { 200: z.array(jobDtoSchema) },
      },
    },
    async (request, reply) => {
      const subject = await authenticated(request);
      requireScope(subject, 'read_job');
      return await sendJobs(reply, await jobs.list(subject));
    },
  );

  app.get(
    '/api/v1/job/:name/:version',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Show a job; the version may be an alias',
        params: versioned,
        response: { 200: jobDtoSchema },
      },
    },
    async (request) => await jobs.present(await readable(request, request.params)),
  );

  app.delete(
    '/api/v1/job/:name/:version',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Delete a job; the version must be exact',
        description: 'The header `x-racetrack-warning` says when instances of it still run.',
        params: versioned,
        response: { 200: z.null() },
      },
    },
    async (request, reply) => {
      const subject = await authenticated(request);
      const job = await getAuthorizedJob(store.db, subject, 'delete_job', {
        ...request.params,
        aliases: false,
      });
      const warning = await deleteJob(options, actorOf(subject, request.ip), job);
      if (warning !== undefined) warnClient(reply, warning);
      return null;
    },
  );

  app.put(
    '/api/v1/job/:name/:version/manifest',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Change the manifest that is stored with a job',
        description: 'What runs does not change before the job is redeployed or reprovisioned.',
        params: versioned,
        body: editManifestPayloadSchema,
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      const job = await getAuthorizedJob(store.db, subject, 'deploy_job', {
        ...request.params,
        aliases: false,
      });
      await editManifest(options, { subject, address: request.ip }, job, request.body.manifest_yaml);
      return null;
    },
  );

  app.get(
    '/api/v1/job/:name/:version/logs',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Read recent output',
        params: versioned,
        querystring: tailOf(20),
        response: { 200: logsDtoSchema },
      },
    },
    async (request) => ({ logs: await recentLogs(request, request.params, request.query.tail) }),
  );

  app.get(
    '/api/v1/job/:name/:version/logs/plain',
    {
      schema: {
        tags: ['jobs'],
        summary: 'The same as plain text without colours',
        params: versioned,
        querystring: tailOf(20),
      },
    },
    async (request, reply) => {
      const logs = await recentLogs(request, request.params, request.query.tail);
      return await reply.type('text/plain; charset=utf-8').send(stripColors(logs));
    },
  );

  app.get(
    '/api/v1/job/:name/:version/build-logs',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Read the last build log',
        params: versioned,
        querystring: tailOf(0),
        response: { 200: logsDtoSchema },
      },
    },
    async (request) => ({ logs: await buildLogs(request, request.params, request.query.tail) }),
  );

  app.get(
    '/api/v1/job/:name/:version/build-logs/plain',
    {
      schema: {
        tags: ['jobs'],
        summary: 'The same as plain text without colours',
        params: versioned,
        querystring: tailOf(0),
      },
    },
    async (request, reply) => {
      const logs = await buildLogs(request, request.params, request.query.tail);
      return await reply.type('text/plain; charset=utf-8').send(stripColors(logs));
    },
  );

  async function recentLogs(
    request: FastifyRequest,
    wanted: z.infer<typeof versioned>,
    tail: number,
  ): Promise<string> {
    const job = await readable(request, wanted);
    return await readJobLogs(options, job, tail > 0 ? tail : null, AbortSignal.timeout(30_000));
  }

  /** Also of deployments that never became a job: that is when people need them most. */
  async function buildLogs(
    request: FastifyRequest,
    wanted: z.infer<typeof versioned>,
    tail: number,
  ): Promise<string> {
    const subject = await authenticated(request);
    const { name } = wanted;
    const deployments = createDeploymentRepository(store.db);
    // Without a version people want to see what they have just tried, whether or not a job came of it.
    const newest = wanted.version === 'latest' ? await deployments.findNewestBuilt(name) : undefined;
    const found = await resolveJob(store.db, name, newest?.job_version ?? wanted.version);
    const job = 'job' in found ? found.job : undefined;
    const version = newest?.job_version ?? job?.version ?? wanted.version;
    const deployment = newest ?? (await deployments.findLatest(name, version, { withBuildLog: true }));
    if (deployment?.subject_id !== subject.subjectId) {
      requireJobScope(subject, 'read_job', { family: name, version, jobId: job?.id ?? null });
    }
    if (!deployment) {
      throw new PlatformError('DEPLOYMENT_NOT_FOUND', `No deployment matching to a job ${name}`, {
        hint: 'Deployments that were refused at once, or have not begun to build, have none.',
      });
    }
    return await createBuildLogRepository(store.db).read(deployment.id, tail);
  }
};
