import { createInstanceRepository, type InstanceRow, type JobRow, type Store } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import type { PluginHost } from '@racetrack-platform/plugin-engine';
import type { Replicas } from '../replicas/replicas.ts';

export interface JobLogsDeps {
  readonly store: Store;
  readonly host: PluginHost;
  readonly replicas: Replicas;
}

/** The most that one answer holds; whoever wants more reads on the machine, or follows. */
const MAX_LINES = 10_000;
const MAX_CHARACTERS = 8_000_000;

/**
 * Recent output of a job's instances, oldest line first; with several instances each line names its own.
 *
 * @param tail - how many lines per instance; `null`: as many as one answer holds.
 * @throws PlatformError `INSTANCE_ELSEWHERE` when all of them are on other machines.
 */
export async function readJobLogs(
  deps: JobLogsDeps,
  job: JobRow,
  tail: number | null,
  signal: AbortSignal,
): Promise<string> {
  const target = deps.host.target(job.infrastructure_target);
  const instances = await listReachable(deps, job);
  const wanted = { tail: Math.min(tail ?? MAX_LINES, MAX_LINES), follow: false };
  const logs: string[] = [];
  for (const instance of instances) {
    const prefix = instances.length > 1 ? `[${instance.id}] ` : '';
    const lines = await collectNewest(
      target.logs(instance.id, wanted, signal),
      MAX_CHARACTERS / instances.length,
    );
    logs.push(...lines.map((line) => prefix + line));
  }
  return logs.join('\n');
}

/** Instances whose output is on this machine, or wherever every machine reaches it. */
async function listReachable({ store, replicas }: JobLogsDeps, job: JobRow): Promise<InstanceRow[]> {
  const instances = await createInstanceRepository(store.db).listByDeployment(job.deployment_id);
  const reachable = instances.filter(({ host_id }) => host_id === null || host_id === replicas.hostId);
  const elsewhere = instances.find(({ host_id }) => host_id !== null && host_id !== replicas.hostId)?.host_id;
  if (reachable.length > 0 || elsewhere === undefined || elsewhere === null) return reachable;
  const where = replicas.nameHost(elsewhere);
  throw new PlatformError(
    'INSTANCE_ELSEWHERE',
    `job ${job.name} ${job.version} runs on another machine: ${where}`,
    {
      hint: `Its output is kept there: ask the lifecycle of ${where}.`,
    },
  );
}

/** Lines of a stream; of more text than fits, the oldest are let go. */
async function collectNewest(lines: AsyncIterable<string>, maxCharacters: number): Promise<string[]> {
  const kept: string[] = [];
  let characters = 0;
  let first = 0;
  for await (const line of lines) {
    kept.push(line);
    characters += line.length;
    while (characters > maxCharacters && first < kept.length) {
      characters -= kept[first]?.length ?? 0;
      kept[first] = '';
      first += 1;
    }
  }
  return kept.slice(first);
}

/**
 * Recent lines of a job, and then whatever it writes, until the signal ends it. The instance of the moment is
 * followed; after a redeployment, a new subscription follows the new one.
 */
export async function* followJobLogs(
  deps: JobLogsDeps,
  job: JobRow,
  tail: number | null,
  signal: AbortSignal,
): AsyncIterable<string> {
  const target = deps.host.target(job.infrastructure_target);
  const [instance] = await listReachable(deps, job);
  if (!instance) return;
  yield* target.logs(instance.id, { tail, follow: true }, signal);
}
