import type { Readable } from 'node:stream';
import type { FastifyPluginAsyncZod, ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  buildLogSliceDtoSchema,
  deploymentDtoSchema,
  deploymentRequestedDtoSchema,
  findGrant,
  type JobDto,
} from '@racetrack-platform/contracts';
import {
  createBuildLogRepository,
  createDeploymentRepository,
  type DeploymentRow,
  type Store,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { authenticated } from '../http/authentication.ts';
import { cancelDeployment } from './cancel-deployment.ts';
import { acceptDeployment, type AcceptDeploymentDeps } from './accept-deployment.ts';
import type { ParsedDeployBody } from './extract-build-context.ts';
import { presentDeployment } from './present-deployment.ts';
import { MAX_DEPLOY_BODY_BYTES, readDeployBody, refuseLargeBody } from './read-deploy-body.ts';
import { removeUnneededUploads } from './remove-unneeded-uploads.ts';

export interface DeploymentRoutesOptions extends AcceptDeploymentDeps {
  readonly store: Store;
  readonly uploadsDir: string;
  /** There is a deployment to drive. */
  readonly onAccepted: () => void;
  /** There is a deployment to end. */
  readonly onCancelled: () => void;
  /** The job of a finished deployment, as long as it exists. */
  readonly findJob: (name: string, version: string) => Promise<JobDto | undefined>;
}

const byId = z.object({ id: z.string() });

/** `POST /deploy` and everything about one deployment. */
export const deploymentRoutes: FastifyPluginAsyncZod<DeploymentRoutesOptions> = async (app, options) => {
  const { store } = options;

  await app.register(async (untyped) => {
    const scope = untyped.withTypeProvider<ZodTypeProvider>();
    // The body goes to the parser of our own as it arrives; the framework must not buffer it.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { bodyLimit: MAX_DEPLOY_BODY_BYTES }, (_request, payload, done) =>
      done(null, payload),
    );
    scope.post(
      '/api/v1/deploy',
      {
        bodyLimit: MAX_DEPLOY_BODY_BYTES,
        schema: {
          tags: ['deployments'],
          summary: 'Deploy a job',
          description: 'Answers at once with the id of the deployment; follow it at `/deploy/{id}`.',
          response: { 200: deploymentRequestedDtoSchema },
        },
      },
      async (request) => {
        const subject = await authenticated(request);
        refuseLargeBody(request.headers['content-length']);
        const body = await readDeployBody(request.body as Readable, options.uploadsDir);
        const id = await acceptOrForget(options, subject, body);
        options.onAccepted();
        return { id };
      },
    );
  });

  app.get(
    '/api/v1/deploy',
    {
      schema: {
        tags: ['deployments'],
        summary: 'List deployments, newest first',
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(1_000).default(100) }),
        response: { 200: z.array(deploymentDtoSchema) },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      const rows = await createDeploymentRepository(store.db).list(request.query.limit);
      return rows.filter((row) => maySee(subject, row)).map((row) => presentDeployment(row, undefined));
    },
  );

  app.get(
    '/api/v1/deploy/:id',
    {
      schema: {
        tags: ['deployments'],
        summary: 'Show a deployment',
        params: byId,
        response: { 200: deploymentDtoSchema },
      },
    },
    async (request) => {
      const row = await getVisible(store, await authenticated(request), request.params.id);
      const job = row.status === 'done' ? await options.findJob(row.job_name, row.job_version) : undefined;
      return presentDeployment(row, job);
    },
  );

  app.post(
    '/api/v1/deploy/:id/cancel',
    {
      schema: {
        tags: ['deployments'],
        summary: 'Cancel a deployment that is not published yet',
        description:
          'For its deployer, whoever may deploy the job, and staff. Asking again changes nothing; 409 when it is too late.',
        params: byId,
        response: { 200: deploymentDtoSchema },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      const { id } = request.params;
      if (!subject.isStaff) await getVisible(store, subject, id);
      const upload = await cancelDeployment(store, subject, id);
      await forgetUpload(options, upload);
      options.onCancelled();
      return presentDeployment(await createDeploymentRepository(store.db).get(id), undefined);
    },
  );

  app.get(
    '/api/v1/deploy/:id/build-logs',
    {
      schema: {
        tags: ['deployments'],
        summary: 'Read the build log from an offset on, also while it grows',
        params: byId,
        querystring: z.object({ offset: z.coerce.number().int().min(0).default(0) }),
        response: { 200: buildLogSliceDtoSchema },
      },
    },
    async (request) => {
      // The status is read first: if it says "over", the log that is read afterwards is complete.
      const row = await getVisible(store, await authenticated(request), request.params.id);
      const text = await createBuildLogRepository(store.db).read(row.id, 0);
      return {
        logs: text.slice(request.query.offset),
        next_offset: Math.max(text.length, request.query.offset),
        complete: row.status !== 'in_progress',
      };
    },
  );
};

/** A refused request leaves nothing behind. */
async function acceptOrForget(
  options: DeploymentRoutesOptions,
  subject: AuthenticatedSubject,
  body: ParsedDeployBody,
): Promise<string> {
  try {
    return await acceptDeployment(options, subject, body);
  } catch (error) {
    await forgetUpload(options, body.upload);
    throw error;
  }
}

/** Should the store be away, the next start sees to it. */
async function forgetUpload(options: DeploymentRoutesOptions, upload: string | null): Promise<void> {
  await removeUnneededUploads(options, upload === null ? [] : [upload]).catch(() => undefined);
}

async function getVisible(store: Store, subject: AuthenticatedSubject, id: string): Promise<DeploymentRow> {
  const row = await createDeploymentRepository(store.db).get(id);
  if (maySee(subject, row)) return row;
  throw new PlatformError('DEPLOYMENT_NOT_FOUND', `deployment with ID ${id} was not found`);
}

/** Deployments hold manifests: whoever made one sees it, and whoever may read that family. */
function maySee(subject: AuthenticatedSubject, row: DeploymentRow): boolean {
  if (row.subject_id === subject.subjectId) return true;
  return (
    findGrant(subject.permissions, 'read_job', { family: row.job_name, jobId: null, endpoint: null }) !==
    undefined
  );
}
