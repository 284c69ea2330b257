import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { movePayloadSchema, renewalAnswerSchema, renewalQuerySchema } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { authenticated } from '../../http/authentication.ts';
import { getAuthorizedJob } from '../../jobs/authorize-job.ts';
import type { AcceptDeploymentDeps } from '../accept-deployment.ts';
import { acceptRenewal, type RenewalKind } from './accept-renewal.ts';
import { awaitDeployment } from './await-deployment.ts';

export interface RenewalRoutesOptions extends AcceptDeploymentDeps {
  /** There is a deployment to drive. */
  readonly onAccepted: () => void;
}

const versioned = z.object({ name: z.string(), version: z.string() });
const response = { 200: renewalAnswerSchema };
const DESCRIPTION =
  'A deployment like any other: the new instances start beside the old ones, which go on when it fails. Answers null ' +
  'when it is done, or with `wait=false` at once the id of the deployment. It goes on when the client goes away.';

/** What errors start with, as in Racetrack 2.36. */
const PREFIXES: Record<RenewalKind, string> = {
  redeploy: 'redeploying job',
  reprovision: 'reprovisioning job',
  move: 'deploying job to a new infrastructure',
};

/** Bringing a job up again: built anew, as it was built, or somewhere else. */
export const renewalRoutes: FastifyPluginAsyncZod<RenewalRoutesOptions> = async (app, options) => {
  const stopping = new AbortController();
  // Whoever waits must not hold up the end of the platform: the deployment goes on at its next start.
  app.addHook('preClose', async () => stopping.abort(stopped()));

  app.post(
    '/api/v1/job/:name/:version/redeploy',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Build a job again from its recorded commit, and replace what runs',
        description: DESCRIPTION,
        params: versioned,
        querystring: renewalQuerySchema,
        response,
      },
    },
    async (request, reply) =>
      await renew(request, reply, { ...request.params, ...request.query }, 'redeploy'),
  );

  app.post(
    '/api/v1/job/:name/:version/reprovision',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Launch a job again as it was built, and replace what runs',
        description: DESCRIPTION,
        params: versioned,
        querystring: renewalQuerySchema,
        response,
      },
    },
    async (request, reply) =>
      await renew(request, reply, { ...request.params, ...request.query }, 'reprovision'),
  );

  app.post(
    '/api/v1/job/:name/:version/move',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Run a job on another infrastructure target',
        description: DESCRIPTION,
        params: versioned,
        querystring: renewalQuerySchema,
        body: movePayloadSchema,
        response,
      },
    },
    async (request, reply) =>
      await renew(
        request,
        reply,
        { ...request.params, ...request.query },
        'move',
        request.body.infrastructure_target ?? '',
      ),
  );

  async function renew(
    request: FastifyRequest,
    reply: FastifyReply,
    wanted: z.infer<typeof versioned> & z.infer<typeof renewalQuerySchema>,
    kind: RenewalKind,
    target = '',
  ): Promise<{ id: string } | null> {
    const subject = await authenticated(request);
    const job = await getAuthorizedJob(options.store.db, subject, 'deploy_job', {
      ...wanted,
      aliases: false,
    });
    const id = await acceptRenewal(options, job, { kind, target, by: subject });
    options.onAccepted();
    if (wanted.wait === 'false') return { id };
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort(new Error('the client is gone')));
    const signal = AbortSignal.any([stopping.signal, gone.signal]);
    await awaitDeployment(options.store, id, PREFIXES[kind], signal);
    return null;
  }
};

function stopped(): PlatformError {
  return new PlatformError(
    'SERVER_BUSY',
    'the platform is stopping; the deployment goes on when it is back',
    {
      hint: 'Look at the deployment once the server is up again: racetrack list.',
    },
  );
}
