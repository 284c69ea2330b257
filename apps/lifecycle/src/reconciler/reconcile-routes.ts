import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { createDeploymentRepository, createJobRepository, type JobRow } from '@racetrack-platform/db';
import { messageOf } from '@racetrack-platform/errors';
import type { Logger } from 'pino';
import { recordAudit } from '../audit/record-audit.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireScope } from '../auth/require-permission.ts';
import type { AcceptDeploymentDeps } from '../deployments/accept-deployment.ts';
import { acceptRenewal } from '../deployments/renew/accept-renewal.ts';
import { awaitDeployment } from '../deployments/renew/await-deployment.ts';
import { authenticated } from '../http/authentication.ts';

export interface ReconcileRoutesOptions extends AcceptDeploymentDeps {
  readonly logger: Logger;
  /** Compares what should run with what runs, and acts on it. */
  readonly reconcile: () => Promise<void>;
  /** There is a deployment to drive. */
  readonly onAccepted: () => void;
}

/** What the reconciler does anyway, now; and what it leaves to people: jobs that are lost. */
export const reconcileRoutes: FastifyPluginAsyncZod<ReconcileRoutesOptions> = async (app, options) => {
  const stopping = new AbortController();
  app.addHook('preClose', async () => stopping.abort(new Error('the platform is stopping')));

  app.post(
    '/api/v1/job/all/reconcile',
    {
      schema: {
        tags: ['jobs'],
        summary: 'Bring lost jobs back',
        description:
          'Compares what should run with what runs, and launches every lost job again, in the name of its deployer. ' +
          'Answers null when all of that has ended; what could not be brought back stays lost.',
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireScope(subject, 'call_admin_api');
      await options.reconcile();
      const lost = (await createJobRepository(options.store.db).list()).filter(
        ({ status }) => status === 'lost',
      );
      await Promise.all(lost.map(async (job) => await relaunch(options, subject, job, stopping.signal)));
      await options.store.transaction(
        async (trx) =>
          await recordAudit(trx, {
            eventType: 'jobs_reconciled',
            executor: subject.name,
            executorSubjectId: subject.subjectId,
            address: request.ip,
            after: { lost: lost.map(({ name, version }) => `${name} ${version}`) },
          }),
      );
      return null;
    },
  );
};

/** Its deployer stays who it is: nobody else has taken it over. */
async function relaunch(
  options: ReconcileRoutesOptions,
  subject: AuthenticatedSubject,
  job: JobRow,
  signal: AbortSignal,
): Promise<void> {
  try {
    const previous = await createDeploymentRepository(options.store.db).find(job.deployment_id);
    const by = {
      subjectId: previous?.subject_id ?? subject.subjectId,
      name: job.deployed_by ?? subject.name,
    };
    const id = await acceptRenewal(options, job, { kind: 'reprovision', by });
    options.onAccepted();
    await awaitDeployment(options.store, id, 'reprovisioning job', signal);
  } catch (error) {
    const facts = { job: `${job.name} ${job.version}`, reason: messageOf(error) };
    options.logger.warn(facts, 'a lost job could not be brought back');
  }
}
