import { setTimeout as sleep } from 'node:timers/promises';
import { SLOW, STEADY, type DeploymentOptions, type JobVersion, type World } from './world.ts';

export const OPERATIONS = ['deploy', 'rebuild', 'redeploy', 'force', 'delete', 'fail', 'cancel'] as const;

/**
 * What a round does: `deploy` a new job from git, `rebuild` the same with every cache ignored, `redeploy` a changed
 * version beside the old one by upload, `force` new code into the same version, `delete` a version, `fail`: deploy a
 * job whose constructor raises, `cancel`: deploy a job whose constructor takes for ever, and cancel that.
 */
export type OperationName = (typeof OPERATIONS)[number];

/** What the client was told, and nothing that it could only guess. */
export interface Acknowledged {
  /** The id that `POST /deploy` answered. */
  deploymentId?: string;
  /** The end that it saw, and what the job answered right then. */
  end?: { readonly status: string; readonly answer: unknown };
  /** The answer to `DELETE`. */
  isDeleted?: boolean;
  /** A refusal, which is an answer too. */
  refusal?: string;
}

/** One operation on one job version. */
export interface Operation {
  readonly name: OperationName;
  readonly job: JobVersion;
  /** What the job answered before; `undefined`: there was none. */
  readonly before: string | undefined;
  /** What it is to answer afterwards; `undefined`: it is to be gone, or never to come to be. */
  readonly after: string | undefined;
  readonly startedAt: number;
  /** Does it as a client would, who takes a broken connection for "nobody knows". Never rejects. */
  run(): Promise<Acknowledged>;
}

/** How long a client waits for the end of a deployment. */
const PATIENCE_MS = 180_000;
const POLL_MS = 50;

/** Makes ready what the operation needs; nothing may be armed yet. */
export async function prepareOperation(world: World, name: OperationName): Promise<Operation> {
  const number = world.nextNumber();
  const version = `1.1.${number}`;
  const answer = `answer ${number}`;
  const common = { name, startedAt: Date.now() };
  const deployment = async (
    options: DeploymentOptions,
    before?: string,
    after: string | undefined = answer,
  ): Promise<Operation> => {
    const payload = await world.composeDeployment(options);
    const run = async (): Promise<Acknowledged> => await deployAsClient(world, options, payload);
    return { ...common, job: options, before, after, run };
  };
  switch (name) {
    case 'deploy':
      return await deployment({ name: `new-${number}`, version, answer, source: 'git' });
    case 'rebuild':
      return await deployment({ name: `new-${number}`, version, answer, source: 'git', noCache: true });
    case 'redeploy':
      return await deployment({ name: STEADY.name, version, answer, source: 'upload' });
    case 'force':
      return await deployment({ ...STEADY, answer, source: 'git', force: true }, world.steadyAnswer);
    case 'fail': {
      const broken = { name: `broken-${number}`, version, answer: undefined, source: 'upload' } as const;
      return { ...(await deployment(broken)), after: undefined };
    }
    case 'cancel': {
      const slow = { name: `slow-${number}`, version, answer: SLOW, source: 'upload' } as const;
      const payload = await world.composeDeployment(slow);
      const run = async (): Promise<Acknowledged> =>
        await deployAsClient(world, slow, payload, { isCancelled: true });
      return { ...common, job: slow, before: undefined, after: undefined, run };
    }
    case 'delete': {
      const job = { name: STEADY.name, version };
      const payload = await world.composeDeployment({ ...job, answer, source: 'git' });
      const { end } = await deployAsClient(world, job, payload);
      if (end?.status !== 'done') throw new Error(`the job to delete could not be deployed: ${end?.status}`);
      const run = async (): Promise<Acknowledged> => await deleteAsClient(world, job);
      return { ...common, job, before: answer, after: undefined, run };
    }
  }
}

/** Sends a deployment and follows it to its end. */
export async function deployAsClient(
  world: World,
  job: JobVersion,
  payload: Readonly<Record<string, unknown>>,
  { isCancelled = false } = {},
): Promise<Acknowledged> {
  const sent = await attempt(async () => await world.request('POST', 'deploy', payload));
  if (sent === undefined) return {};
  const { id } = sent.body as { id?: string };
  if (sent.status !== 200 || id === undefined)
    return { refusal: `${sent.status} ${JSON.stringify(sent.body)}` };
  const deadline = Date.now() + PATIENCE_MS;
  while (Date.now() < deadline) {
    const seen = await attempt(async () => await world.request('GET', `deploy/${id}`));
    const { status, step } = (seen?.body ?? {}) as { status?: string; step?: string };
    if (isCancelled && status === 'in_progress' && step === 'ready') {
      await attempt(async () => await world.request('POST', `deploy/${id}/cancel`));
    }
    if (seen?.status === 200 && status !== undefined && status !== 'in_progress') {
      return { deploymentId: id, end: { status, answer: await attempt(async () => await world.call(job)) } };
    }
    await sleep(POLL_MS);
  }
  return { deploymentId: id };
}

/** Deletes a job version. */
export async function deleteAsClient(world: World, { name, version }: JobVersion): Promise<Acknowledged> {
  const sent = await attempt(async () => await world.request('DELETE', `job/${name}/${version}`));
  if (sent === undefined) return {};
  return sent.status === 200
    ? { isDeleted: true }
    : { refusal: `${sent.status} ${JSON.stringify(sent.body)}` };
}

/** `undefined` when the connection broke: the client knows nothing then. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}
