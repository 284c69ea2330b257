import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod, ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  buildLogSliceDtoSchema,
  deploymentDtoSchema,
  deploymentRequestedDtoSchema,
  deployPayloadSchema,
  phasePayloadSchema,
  warningsPayloadSchema,
  type JobDto,
} from '@racetrack-platform/contracts';
import { createBuildLogRepository, createDeploymentRepository, type Store } from '@racetrack-platform/db';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { authenticated } from '../http/authentication.ts';
import { cancelDeployment } from './cancel-deployment.ts';
import { acceptDeployment, type AcceptDeploymentDeps } from './accept-deployment.ts';
import type { ParsedDeployBody } from './extract-build-context.ts';
import { getAnnotatableDeployment, getVisibleDeployment, listVisibleDeployments } from './find-visible.ts';
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
const described = { body: deployPayloadSchema, response: { 200: deploymentRequestedDtoSchema } };
/** The body is still a stream: its schema is there for the API page, and held to once it has been read. */
const passUnread = () => (value: unknown) => ({ value });

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
      '/api/v1/build',
      {
        bodyLimit: MAX_DEPLOY_BODY_BYTES,
        schema: {
          tags: ['deployments'],
          summary: 'Build a job without running it',
          description:
            'The body of `/deploy`; the version may exist already. Answers at once with an id to follow at ' +
            '`/deploy/{id}`: at its end `image_name` says what was built.',
          ...described,
        },
        validatorCompiler: passUnread,
      },
      async (request) => await requestWork(request, 'build'),
    );
    scope.post(
      '/api/v1/deploy',
      {
        bodyLimit: MAX_DEPLOY_BODY_BYTES,
        schema: {
          tags: ['deployments'],
          summary: 'Deploy a job',
          description: 'Answers at once with the id of the deployment; follow it at `/deploy/{id}`.',
          ...described,
        },
        validatorCompiler: passUnread,
      },
      async (request) => await requestWork(request, 'deploy'),
    );
  });

  async function requestWork(request: FastifyRequest, kind: 'deploy' | 'build'): Promise<{ id: string }> {
    const subject = await authenticated(request);
    refuseLargeBody(request.headers['content-length']);
    // A request without length and type has no body at all.
    const stream = (request.body as Readable | undefined) ?? Readable.from([]);
    const body = await readDeployBody(stream, options.uploadsDir);
    const id = await acceptOrForget(options, subject, body, kind);
    options.onAccepted();
    return { id };
  }

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
      const rows = await listVisibleDeployments(store.db, subject, request.query.limit);
      return rows.map((row) => presentDeployment(row, undefined));
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
      const row = await getVisibleDeployment(store.db, await authenticated(request), request.params.id);
      const hasJob = row.status === 'done' && row.kind !== 'build';
      const job = hasJob ? await options.findJob(row.job_name, row.job_version) : undefined;
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
      await getVisibleDeployment(store.db, subject, id);
      const upload = await cancelDeployment(store, subject, id);
      await forgetUpload(options, upload);
      options.onCancelled();
      return presentDeployment(await createDeploymentRepository(store.db).get(id), undefined);
    },
  );

  app.put(
    '/api/v1/deploy/:id/phase',
    {
      schema: {
        tags: ['deployments'],
        summary: 'Say what a deployment is doing, for builders',
        description:
          'For its deployer, staff, and the scope `call_admin_api`; without effect once it is over.',
        params: byId,
        body: phasePayloadSchema,
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const row = await getAnnotatableDeployment(store.db, await authenticated(request), request.params.id);
      await createDeploymentRepository(store.db).setPhase(row.id, request.body.phase, Date.now());
      return null;
    },
  );

  app.put(
    '/api/v1/deploy/:id/warnings',
    {
      schema: {
        tags: ['deployments'],
        summary: 'Add warnings to a deployment, for builders',
        description:
          'For its deployer, staff, and the scope `call_admin_api`; without effect once it is over. 20,000 characters ' +
          'are kept, the oldest.',
        params: byId,
        body: warningsPayloadSchema,
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const row = await getAnnotatableDeployment(store.db, await authenticated(request), request.params.id);
      await store.transaction(
        async ({ db }) =>
          await createDeploymentRepository(db).appendWarning(row.id, request.body.warnings, Date.now()),
      );
      return null;
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
      const row = await getVisibleDeployment(store.db, await authenticated(request), request.params.id);
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
  kind: 'deploy' | 'build',
): Promise<string> {
  try {
    return await acceptDeployment(options, subject, body, kind);
  } catch (error) {
    await forgetUpload(options, body.upload);
    throw error;
  }
}

/** Should the store be away, the next start sees to it. */
async function forgetUpload(options: DeploymentRoutesOptions, upload: string | null): Promise<void> {
  await removeUnneededUploads(options, upload === null ? [] : [upload]).catch(() => undefined);
}
