import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  explanationDtoSchema,
  explanationQuerySchema,
  jobFamilyDtoSchema,
  permissionDtoSchema,
  permissionPayloadSchema,
  permissionQuerySchema,
} from '@racetrack-platform/contracts';
import {
  createPermissionRepository,
  createSubjectRepository,
  type Queryable,
  type Store,
  type SubjectIdentity,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { isAdministrator, requireAdministrator, requireScope } from '../auth/require-permission.ts';
import { authenticated } from '../http/authentication.ts';
import { giveGrant, takeGrant } from './change-grants.ts';
import { explainPermission } from './explain-permission.ts';
import { findSubject } from './find-subject.ts';
import { presentGrant } from './present-grant.ts';
import { readGrantRequest } from './read-grant-request.ts';

export interface PermissionRoutesDeps {
  readonly store: Store;
}

const tags = ['permissions'];

/** Grants: who holds which, and why something is allowed or not. Administrators see and change all, others see their own. */
export const permissionRoutes: FastifyPluginAsyncZod<PermissionRoutesDeps> = async (app, { store }) => {
  app.get(
    '/api/v1/permissions',
    {
      schema: {
        tags,
        summary: 'List grants: those of everybody for administrators, the own for others',
        querystring: permissionQuerySchema,
        response: { 200: z.array(permissionDtoSchema) },
      },
    },
    async (request) => {
      const asker = await authenticated(request);
      const { subject, family, job, limit, offset } = request.query;
      const whom = subject === undefined ? undefined : await findOther(store.db, asker, subject);
      const subjectId = whom?.id ?? (isAdministrator(asker) ? undefined : asker.subjectId);
      const filter = { subjectId, family, job: job === undefined ? undefined : splitJob(job) };
      const grants = await createPermissionRepository(store.db).listRecords(filter, { limit, offset });
      return grants.map(presentGrant);
    },
  );

  app.post(
    '/api/v1/permissions',
    {
      schema: {
        tags,
        summary: 'Give a grant; giving it again changes nothing',
        body: permissionPayloadSchema,
        response: { 200: permissionDtoSchema },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireAdministrator(subject);
      const { result } = await store.transaction(async (trx) => {
        const permission = await readGrantRequest(trx.db, request.body);
        return await giveGrant(trx, { subject, address: request.ip }, permission);
      });
      return presentGrant(result);
    },
  );

  app.delete(
    '/api/v1/permissions/:id',
    {
      schema: {
        tags,
        summary: 'Take a grant away, by its id or number',
        params: z.object({ id: z.string() }),
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireAdministrator(subject);
      await store.transaction(async (trx) => {
        const grant = await createPermissionRepository(trx.db).findRecord(request.params.id);
        if (grant === undefined) throw grantNotFound(request.params.id);
        await takeGrant(trx, { subject, address: request.ip }, grant);
      });
      return null;
    },
  );

  app.get(
    '/api/v1/permissions/explain',
    {
      schema: {
        tags,
        summary:
          'Whether somebody may do something, by which rule, or which grant is missing and who can give it',
        querystring: explanationQuerySchema,
        response: { 200: explanationDtoSchema },
      },
    },
    async (request) => {
      const asker = await authenticated(request);
      const { subject: named, scope, job, endpoint } = request.query;
      const subject =
        named === undefined ? await findSelf(store.db, asker) : await findOther(store.db, asker, named);
      return await explainPermission(store.db, {
        asker,
        subject,
        scope,
        job: job === undefined ? null : splitJobOrFamily(job),
        endpoint: endpoint ?? null,
      });
    },
  );

  app.get(
    '/api/v1/job_family',
    {
      schema: {
        tags: ['jobs'],
        summary: 'List the job families that you may read, or of which you may read a job',
        response: { 200: z.array(jobFamilyDtoSchema) },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      requireScope(subject, 'read_job');
      return await createPermissionRepository(store.db).listCoveredFamilies(subject.subjectId, 'read_job');
    },
  );
};

/** Anybody may ask about themselves; about others only administrators learn even whether they exist. */
async function findOther(db: Queryable, asker: AuthenticatedSubject, text: string): Promise<SubjectIdentity> {
  if (isAdministrator(asker)) return await findSubject(db, text);
  const self = await findSelf(db, asker);
  const found = await findSubject(db, text).catch((error: unknown) => {
    if (PlatformError.is(error) && error.code === 'NOT_FOUND') return undefined;
    throw error;
  });
  if (found?.id === self.id) return self;
  throw new PlatformError('PERMISSION_DENIED', `${asker.caller} may not see the permissions of others`, {
    hint: 'Ask about yourself (racetrack permission explain me SCOPE; over HTTP without a subject), or ask an administrator.',
  });
}

async function findSelf(db: Queryable, { subjectId }: AuthenticatedSubject): Promise<SubjectIdentity> {
  const self = await createSubjectRepository(db).find(subjectId);
  if (self !== undefined) return self;
  throw new PlatformError('NOT_AUTHENTICATED', 'the owner of this token is gone');
}

function splitJob(text: string): { name: string; version: string } {
  const { name, version } = splitJobOrFamily(text);
  if (version !== null) return { name, version };
  throw new PlatformError('BAD_REQUEST', 'a job has the form NAME/VERSION', {
    hint: 'For all versions of a job, ask for the family.',
  });
}

function splitJobOrFamily(text: string): { name: string; version: string | null } {
  const slash = text.indexOf('/');
  if (slash === -1) return { name: text, version: null };
  const [name, version] = [text.slice(0, slash), text.slice(slash + 1)];
  if (name !== '' && version !== '') return { name, version };
  throw new PlatformError('BAD_REQUEST', 'a job has the form NAME/VERSION', {
    hint: 'Write for instance adder/1.0.0 or adder/latest.',
  });
}

function grantNotFound(id: string): PlatformError {
  return new PlatformError('NOT_FOUND', `Permission with ID ${id} was not found`, {
    hint: 'See the ids and numbers with `racetrack permission list`.',
  });
}
