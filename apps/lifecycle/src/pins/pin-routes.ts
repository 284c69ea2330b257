import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { findGrant, pinDtoSchema, promotePayloadSchema } from '@racetrack-platform/contracts';
import {
  createPinRepository,
  type Queryable,
  type Store,
  type StoreTransaction,
  type VersionPin,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { actorOf } from '../auth/actor.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { requireJobScope } from '../auth/require-permission.ts';
import { ACK_TIMEOUT_MS } from '../feed/feed-server.ts';
import { authenticated } from '../http/authentication.ts';
import { getAuthorizedJob } from '../jobs/authorize-job.ts';
import type { Acknowledgements } from '../replicas/acknowledgements.ts';
import { pinVersion, undoPin, unpin } from './change-pins.ts';
import { presentPin } from './present-pin.ts';

export interface PinRoutesOptions {
  readonly store: Store;
  readonly acknowledgements: Pick<Acknowledgements, 'waitForAll'>;
}

const versioned = z.object({ name: z.string(), version: z.string() });
const pinned = z.object({ name: z.string(), pattern: z.string() });
const tags = ['jobs'];

/** What `latest` and wildcards stand for, when that is not the highest version. */
export const pinRoutes: FastifyPluginAsyncZod<PinRoutesOptions> = async (app, options) => {
  const { store } = options;

  app.get(
    '/api/v1/job/:name/pins',
    {
      schema: {
        tags,
        summary: 'List the aliases of a job that are pinned to a version',
        params: z.object({ name: z.string() }),
        response: { 200: z.array(pinDtoSchema) },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      return (await listReadablePins(store.db, subject, request.params.name)).map(presentPin);
    },
  );

  app.post(
    '/api/v1/job/:name/:version/promote',
    {
      schema: {
        tags,
        summary: 'Make latest, or a wildcard, stand for this version',
        description:
          'Calls follow before the answer comes. A later deployment does not move it; undo or unpin does.',
        params: versioned,
        body: promotePayloadSchema,
        response: { 200: pinDtoSchema },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      const { pattern } = request.body;
      return await change(options, async (trx) => {
        const wanted = { ...request.params, aliases: false };
        const job = await getAuthorizedJob(trx.db, subject, 'deploy_job', wanted);
        const before = await createPinRepository(trx.db).find(job.name, pattern);
        if (before !== undefined) requireLeave(subject, before);
        await pinVersion(trx, actorOf(subject, request.ip), { job, pattern });
        return presentPin(await getPin(trx.db, subject, job.name, pattern));
      });
    },
  );

  app.post(
    '/api/v1/job/:name/pins/:pattern/undo',
    {
      schema: {
        tags,
        summary: 'Go back to what an alias stood for before; answers null when it is no longer pinned',
        params: pinned,
        response: { 200: pinDtoSchema.nullable() },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      const { name, pattern } = request.params;
      return await change(options, async (trx) => {
        const pin = await getPin(trx.db, subject, name, pattern);
        requireReturn(subject, pin);
        await undoPin(trx, actorOf(subject, request.ip), pin);
        const now = await createPinRepository(trx.db).find(name, pattern);
        return now === undefined ? null : presentPin(now);
      });
    },
  );

  app.delete(
    '/api/v1/job/:name/pins/:pattern',
    {
      schema: {
        tags,
        summary: 'Unpin an alias: it stands for the highest stable version again',
        params: pinned,
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const subject = await authenticated(request);
      const { name, pattern } = request.params;
      return await change(options, async (trx) => {
        await unpin(trx, actorOf(subject, request.ip), await getPin(trx.db, subject, name, pattern));
        return null;
      });
    },
  );
};

/** Answers when every connected pub follows, so that the next call goes where it should. */
async function change<T>(
  { store, acknowledgements }: PinRoutesOptions,
  work: (trx: StoreTransaction) => Promise<T>,
): Promise<T> {
  const { result, revision } = await store.transaction(work);
  if (revision !== undefined) {
    await acknowledgements.waitForAll(revision, ACK_TIMEOUT_MS, new AbortController().signal);
  }
  return result;
}

/**
 * Calls may be taken from a version only by whoever may deploy it.
 *
 * @throws PlatformError `PERMISSION_DENIED`.
 */
function requireLeave(subject: AuthenticatedSubject, { family, version, jobId }: VersionPin): void {
  requireJobScope(subject, 'deploy_job', { family, version, jobId });
}

/**
 * The same for the version that undoing leads to, unless it is gone.
 *
 * @throws PlatformError `PERMISSION_DENIED`.
 */
function requireReturn(subject: AuthenticatedSubject, pin: VersionPin): void {
  const { family, previousVersion: version, previousJobId: jobId } = pin;
  if (version !== null) requireJobScope(subject, 'deploy_job', { family, version, jobId });
}

/**
 * A pin for somebody who may change it: whoever may deploy the version that it leads to.
 *
 * @throws PlatformError `PERMISSION_DENIED` or `NOT_FOUND`.
 */
async function getPin(
  db: Queryable,
  subject: AuthenticatedSubject,
  name: string,
  pattern: string,
): Promise<VersionPin> {
  const pin = await createPinRepository(db).find(name, pattern);
  const job = { family: name, version: pin?.version ?? pattern, jobId: pin?.jobId ?? null };
  requireJobScope(subject, 'deploy_job', job);
  if (pin) return pin;
  throw new PlatformError('NOT_FOUND', `${pattern} of job ${name} is not pinned`, {
    hint: `See what is pinned with \`racetrack list\`; pin it with \`racetrack promote ${name} VERSION\`.`,
  });
}

/** Those that lead to versions which the subject may read. */
async function listReadablePins(
  db: Queryable,
  subject: AuthenticatedSubject,
  name: string,
): Promise<VersionPin[]> {
  const pins = createPinRepository(db);
  const mayRead = (jobId: string | null): boolean =>
    findGrant(subject.permissions, 'read_job', { family: name, jobId, endpoint: null }) !== undefined;
  const versions = await pins.listCandidates(name);
  if (!versions.some(({ jobId }) => mayRead(jobId))) {
    requireJobScope(subject, 'read_job', { family: name, version: null, jobId: null });
    throw new PlatformError('JOB_NOT_FOUND', `No job named ${name}`, {
      hint: 'See what is deployed with `racetrack list`.',
    });
  }
  return (await pins.listOfFamily(name)).filter(({ jobId }) => mayRead(jobId));
}
