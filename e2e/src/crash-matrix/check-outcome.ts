import type { DeploymentDto, JobDto } from '@racetrack-platform/contracts';
import type { Acknowledged, Operation } from './operations.ts';
import { STEADY, type JobVersion, type World } from './world.ts';

/** What became of an operation. */
export interface Outcome {
  /** `done` or `failed` for a deployment, `deleted`; `absent` when it never came to be. */
  readonly state: string;
  readonly reason: string | undefined;
  /** Where it contradicts what the client was told, or is half visible. */
  readonly problems: readonly string[];
}

/**
 * Compares what the client was told with what the platform shows, once nothing is under way.
 *
 * @param isPubKilled - a call right after the end may have met nobody: then it told the client nothing.
 */
export async function checkOutcome(
  world: World,
  operation: Operation,
  acknowledged: Acknowledged,
  isPubKilled: boolean,
): Promise<Outcome> {
  const problems: string[] = [];
  if (acknowledged.refusal !== undefined) problems.push(`refused: ${acknowledged.refusal}`);
  const outcome =
    operation.name === 'delete'
      ? await checkDeletion(world, operation, acknowledged, problems)
      : await checkDeployment(world, operation, { ...acknowledged, isPubKilled }, problems);
  if (operation.job.version !== STEADY.version) {
    problems.push(...(await compareVisible(world, STEADY, world.steadyAnswer)));
  }
  return { ...outcome, problems };
}

async function checkDeletion(
  world: World,
  { job, before }: Operation,
  { isDeleted = false }: Acknowledged,
  problems: string[],
): Promise<Omit<Outcome, 'problems'>> {
  const { status } = await world.request('GET', `job/${job.name}/${job.version}`);
  if (isDeleted && status !== 404) problems.push(`deleted, and still there: ${status}`);
  problems.push(...(await compareVisible(world, job, status === 404 ? undefined : before)));
  const expected = status === 404 ? 1 : 0;
  problems.push(...(await compareAudit(world, job, 'job_deleted', expected)));
  return { state: status === 404 ? 'deleted' : 'absent', reason: undefined };
}

async function checkDeployment(
  world: World,
  operation: Operation,
  { deploymentId, end, isPubKilled }: Acknowledged & { readonly isPubKilled: boolean },
  problems: string[],
): Promise<Omit<Outcome, 'problems'>> {
  const { job, before, after } = operation;
  const deployment = await findDeployment(world, operation);
  if (deploymentId !== undefined && deployment?.id !== deploymentId) {
    problems.push(`deployment ${deploymentId} was acknowledged and is not there`);
  }
  const state = deployment?.status ?? 'absent';
  if (deploymentId !== undefined && end === undefined) problems.push(`its client saw no end; it is ${state}`);
  if (end !== undefined && end.status !== state)
    problems.push(`the client saw ${end.status}, it is ${state}`);
  // What the job answers by now is compared in any case.
  const isUnheard = isPubKilled && end?.answer === undefined;
  if (end?.status === 'done' && end.answer !== after && !isUnheard) {
    problems.push(`when done was seen, the job answered ${JSON.stringify(end.answer)}`);
  }
  const isCancelled = deployment?.error_code === 'DEPLOYMENT_CANCELLED';
  const failure = isCancelled ? 'deployment_cancelled' : 'deployment_failed';
  if (state === 'failed' && (deployment?.error ?? '') === '') problems.push('it failed without a reason');
  problems.push(...(await compareVisible(world, job, state === 'done' ? after : before)));
  problems.push(
    ...(await compareAudit(world, job, 'job_deployed', state === 'done' ? 1 : 0, operation.startedAt)),
    ...(await compareAudit(world, job, failure, state === 'failed' ? 1 : 0, operation.startedAt)),
  );
  return { state, reason: deployment?.error ?? undefined };
}

async function findDeployment(
  world: World,
  { job, startedAt }: Operation,
): Promise<DeploymentDto | undefined> {
  const { body } = await world.request('GET', 'deploy?limit=20');
  const since = Math.floor(startedAt / 1_000);
  return (body as DeploymentDto[]).find(
    (each) => each.job_name === job.name && each.job_version === job.version && each.create_time >= since,
  );
}

/** List, single view and call agree about a version. @param answer - `undefined`: it must not be there. */
async function compareVisible(world: World, job: JobVersion, answer: string | undefined): Promise<string[]> {
  const { name, version } = job;
  const all = (await world.request('GET', 'job')).body as JobDto[];
  const listed = all.filter((each) => each.name === name && each.version === version);
  const shown = (await world.request('GET', `job/${name}/${version}`)).status;
  const called = await world.call(job);
  const expected = answer === undefined ? [0, 404, 404] : [1, 200, answer];
  const found = [listed.length, shown, called];
  if (JSON.stringify(found) === JSON.stringify(expected)) return [];
  return [
    `${name} ${version} is listed, shown and called as ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`,
  ];
}

async function compareAudit(
  { store }: World,
  { name, version }: JobVersion,
  eventType: string,
  expected: number,
  since = 0,
): Promise<string[]> {
  const rows = await store.query(
    `select id from audit_event where job_name = '${name}' and job_version = '${version}'
     and event_type = '${eventType}' and created_at >= ${since}`,
  );
  if (rows.length === expected) return [];
  return [`${rows.length} audit entries ${eventType} of ${name} ${version}, not ${expected}`];
}
