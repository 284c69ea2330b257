import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import {
  jobDtoSchema,
  orphanListDtoSchema,
  type JobDto,
  type OrphanDto,
} from '@racetrack-platform/contracts';
import { createOrphanRepository, type JobRow } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { actorOf } from '../../auth/actor.ts';
import type { PubWait } from '../../auth/pub-wait.ts';
import { requireStaff } from '../../auth/require-permission.ts';
import { authenticated } from '../../http/authentication.ts';
import { adoptOrphans, type AdoptOrphanDeps } from './adopt-orphan.ts';
import { canBeRestarted, findOrigin, NO_RESTART } from './find-origin.ts';
import { observeOrphans, type ObserveOrphansDeps, type Orphan } from './observe-orphans.ts';
import { removeOrphan, type RemoveOrphanDeps } from './remove-orphan.ts';

export interface OrphanRoutesDeps extends ObserveOrphansDeps, AdoptOrphanDeps, RemoveOrphanDeps {
  readonly presentJob: (job: JobRow) => Promise<JobDto>;
  /** Before an adopted job is answered. */
  readonly pubWait: PubWait;
}

const tags = ['orphans'];
const ofInstance = z.object({ instance: z.string().max(200) });

/** Instances that run and that no job owns; ours. Racetrack 2.36 only counts them. */
export const orphanRoutes: FastifyPluginAsyncZod<OrphanRoutesDeps> = async (app, deps) => {
  const stopping = new AbortController();
  app.addHook('preClose', async () => stopping.abort(new Error('the platform is stopping')));

  app.get(
    '/api/v1/orphans',
    {
      schema: {
        tags,
        summary: 'List the instances that no job owns; for staff',
        description:
          'Those of this machine, and of targets that every machine reaches. With several controls on several ' +
          'machines, each has to be asked for its own.',
        response: { 200: orphanListDtoSchema },
      },
    },
    async (request) => {
      requireStaff(await authenticated(request));
      const { orphans, unreachable } = await observeOrphans(deps);
      const removals = await createOrphanRepository(deps.store.db).listRemovals();
      const removed = new Set(removals.map((row) => row.instance_id));
      return {
        orphans: await Promise.all(
          orphans.map(async (orphan) => await present(deps, orphan, removed.has(orphan.instanceId))),
        ),
        unreachable_targets: [...unreachable],
      };
    },
  );

  app.post(
    '/api/v1/orphans/:instance/adopt',
    {
      schema: {
        tags,
        summary: 'Make an instance that no job owns a job again; for staff',
        description:
          'With all instances of the same launch. The job is that of its deployment, or its tombstone.',
        params: ofInstance,
        response: { 200: jobDtoSchema },
      },
    },
    async (request) => {
      const { orphan, orphans, by } = await findWanted(request, request.params.instance);
      const siblings = orphans.filter((other) => other !== orphan && isOfSameLaunch(other, orphan));
      const { job, revision } = await adoptOrphans(deps, by, [orphan, ...siblings], stopping.signal);
      await deps.pubWait(revision);
      return await deps.presentJob(job);
    },
  );

  app.delete(
    '/api/v1/orphans/:instance',
    {
      schema: {
        tags,
        summary: 'Stop and remove an instance that no job owns; for staff',
        params: ofInstance,
        response: { 200: z.null() },
      },
    },
    async (request) => {
      const { orphan, by } = await findWanted(request, request.params.instance);
      await removeOrphan(deps, by, orphan);
      return null;
    },
  );

  async function findWanted(request: FastifyRequest, instanceId: string) {
    const subject = await authenticated(request);
    requireStaff(subject);
    const { orphans, unreachable } = await observeOrphans(deps);
    const orphan = orphans.find((candidate) => candidate.instanceId === instanceId);
    if (orphan === undefined) throw notFound(instanceId, unreachable);
    const by = { ...actorOf(subject, request.ip), executorSubjectId: subject.subjectId };
    return { orphan, orphans, by };
  }
};

async function present(
  { store }: OrphanRoutesDeps,
  orphan: Orphan,
  isBeingRemoved: boolean,
): Promise<OrphanDto> {
  const base = {
    instance: orphan.instanceId,
    target: orphan.target.name,
    job_name: orphan.launchedAs?.job.name ?? null,
    job_version: orphan.launchedAs?.job.version ?? null,
    deployed_by: null,
    state: orphan.state,
    start_time: Math.floor(orphan.startedAt / 1_000),
    being_removed: isBeingRemoved,
  };
  if (isBeingRemoved) return { ...base, adoptable: false, reason: 'it is being removed' };
  try {
    const origin = await findOrigin(store.db, orphan);
    const deployedBy = origin.deployment?.deployed_by ?? origin.tombstone?.deployed_by ?? null;
    const reason = (await canBeRestarted(origin)) ? null : NO_RESTART;
    return { ...base, deployed_by: deployedBy, adoptable: true, reason };
  } catch (error) {
    if (!PlatformError.is(error) || error.code === 'STORE_UNAVAILABLE') throw error;
    return { ...base, adoptable: false, reason: error.message };
  }
}

function isOfSameLaunch(one: Orphan, other: Orphan): boolean {
  const [left, right] = [one.launchedAs, other.launchedAs];
  if (left === undefined || right === undefined || one.state !== 'running') return false;
  return (
    one.target.name === other.target.name &&
    left.job.name === right.job.name &&
    left.job.version === right.job.version &&
    left.deploymentTimestamp === right.deploymentTimestamp
  );
}

function notFound(instanceId: string, unreachable: readonly string[]): PlatformError {
  if (unreachable.length > 0) {
    const targets = unreachable.join(', ');
    return new PlatformError(
      'PLUGIN_UNAVAILABLE',
      `${instanceId} is not found, and ${targets} cannot be reached`,
      {
        hint: 'Try again when the target can be reached; see: racetrack orphan list',
      },
    );
  }
  return new PlatformError('NOT_FOUND', `there is no orphaned instance ${instanceId}`, {
    hint: 'Somebody else may have taken care of it; those that there are: racetrack orphan list. An instance on another machine is known to the lifecycle there.',
  });
}
