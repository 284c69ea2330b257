import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { scopeSchema } from '@racetrack-platform/contracts';
import type { Store } from '@racetrack-platform/db';
import { requireAdministrator } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { giveGrant } from './change-grants.ts';
import { findEsc, findFamily } from './find-subject.ts';
import { findFamilyId, refuseIdleGrant } from './read-grant-request.ts';

export interface AllowRoutesDeps {
  readonly store: Store;
}

const tags = ['authorization'];
const response = { 200: z.null() };

/** Grants on a whole family, as clients of Racetrack 2.36 give them; giving one again changes nothing. */
export const allowRoutes: FastifyPluginAsyncZod<AllowRoutesDeps> = async (app, { store }) => {
  app.post(
    '/api/v1/auth/allow/esc/:esc_id/job/:family/scope/:scope',
    {
      schema: {
        tags,
        summary: 'Give an external service a scope on a job family',
        params: z.object({ esc_id: z.string(), family: z.string(), scope: scopeSchema }),
        response,
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireAdministrator(subject);
      const { esc_id: escId, family, scope } = request.params;
      refuseIdleGrant({ scope, family });
      await store.transaction(async (trx) => {
        const { id: subjectId } = await findEsc(trx.db, escId);
        const familyId = await findFamilyId(trx.db, family);
        await giveGrant(trx, { subject, address: request.ip }, { subjectId, scope, familyId });
      });
      return null;
    },
  );

  app.post(
    '/api/v1/auth/allow/job_family/:source/job/:target/scope/:scope',
    {
      schema: {
        tags,
        summary: 'Give the jobs of a family a scope on another family',
        params: z.object({ source: z.string(), target: z.string(), scope: scopeSchema }),
        response,
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireAdministrator(subject);
      const { source, target, scope } = request.params;
      refuseIdleGrant({ scope, family: target });
      await store.transaction(async (trx) => {
        const { id: subjectId } = await findFamily(trx.db, source);
        const familyId = await findFamilyId(trx.db, target);
        await giveGrant(trx, { subject, address: request.ip }, { subjectId, scope, familyId });
      });
      return null;
    },
  );
};
