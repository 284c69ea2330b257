import type { DeploymentAnswer, LifecycleClient } from '@racetrack-platform/client';
import { PlatformError } from '@racetrack-platform/errors';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';

const POLL_INTERVAL_MS = 200;
/** The server needs a second to notice and a few to end what runs. */
const GIVE_UP_AFTER_MS = 60_000;
/** Of the newest deployments, when one is asked for by its job's name. */
const LOOKED_AT = 1_000;

const inputSchema = z.object({ id: z.string().min(1), remote: z.string().optional() });
type CancelInput = z.infer<typeof inputSchema>;

interface CancelResult {
  readonly id: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  /** Why it ended: also when it failed by itself just before. */
  readonly reason: string;
}

/** `racetrack cancel`: ends a deployment that is not published yet, and waits until all that it started is gone. */
export const cancelCommand = defineCommand<CancelInput, CancelResult>({
  input: inputSchema,
  async run(context, { id, remote }) {
    const { io } = context;
    const { client } = await openSession(context, remote);
    const asked = await requestCancel(client, id, io.signal);
    const deployment = await waitForEnd(client, asked.id, asked.deployment, io.signal);
    return {
      id: asked.id,
      name: deployment.job_name,
      version: deployment.job_version,
      reason: deployment.error ?? 'cancelled',
    };
  },
  render: ({ name, version, reason }) =>
    `The deployment of ${name ?? ''} v${version ?? ''} has ended: ${reason}\n`,
});

/** By id, or else by the name of a job that has one deployment going on. */
async function requestCancel(
  client: LifecycleClient,
  idOrName: string,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly deployment: DeploymentAnswer }> {
  try {
    return { id: idOrName, deployment: await client.cancelDeployment(idOrName, { signal }) };
  } catch (error) {
    if (!PlatformError.is(error) || error.code !== 'DEPLOYMENT_NOT_FOUND') throw error;
    const id = await findOngoing(client, idOrName, signal);
    if (id === undefined) throw error;
    return { id, deployment: await client.cancelDeployment(id, { signal }) };
  }
}

async function findOngoing(
  client: LifecycleClient,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const newest = await client.listDeployments(LOOKED_AT, { signal });
  const ongoing = newest.filter(({ job_name, status }) => job_name === name && status === 'in_progress');
  if (ongoing.length <= 1) return ongoing[0]?.id;
  const choices = ongoing.map(({ id, job_version: version }) => `${id} (${version ?? 'unknown version'})`);
  throw new PlatformError('USAGE', `${ongoing.length} deployments of ${name} are going on`, {
    hint: `Give the id of one of them: ${choices.join(', ')}`,
  });
}

async function waitForEnd(
  client: LifecycleClient,
  id: string,
  asked: DeploymentAnswer,
  signal: AbortSignal,
): Promise<DeploymentAnswer> {
  const deadline = performance.now() + GIVE_UP_AFTER_MS;
  let deployment = asked;
  while (deployment.status === 'in_progress') {
    if (performance.now() > deadline) {
      throw new PlatformError(
        'SERVER_BUSY',
        'the server has noted the request, but has not ended the deployment yet',
        {
          hint: `See how it goes on: racetrack deploy --watch ${id}`,
        },
      );
    }
    await pause(POLL_INTERVAL_MS, undefined, { signal });
    deployment = await client.getDeployment(id, { signal });
  }
  return deployment;
}
