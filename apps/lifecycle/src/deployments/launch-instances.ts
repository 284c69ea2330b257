import { randomBytes } from 'node:crypto';
import { addressSchema } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createInstanceRepository,
  fromJson,
  toJson,
  type DeploymentRow,
  type InstanceRow,
} from '@racetrack-platform/db';
import type { LaunchRequest } from '@racetrack-platform/plugin-sdk';
import { awaitReady } from './await-ready.ts';
import type { DeploymentDeps, DeploymentRun } from './deployment-context.ts';
import { openSecrets } from './deployment-secrets.ts';
import { composeLaunchRequest, launchSpecSchema } from './launch-spec.ts';

/**
 * Phase `launch`: the instance rows are committed first, then the target starts new instances beside the old ones.
 * Running it again after a crash asks for the same instances, which is harmless.
 */
export async function launchInstances(run: DeploymentRun): Promise<void> {
  if (run.row.deployment_timestamp === null) await commitInstances(run);
  await launchAll(run);
  await run.advance({ step: 'ready', phase: 'starting Job server' });
}

/** Phase `ready`: every new instance reports the deployment's timestamp and readiness. */
export async function awaitInstances(run: DeploymentRun): Promise<void> {
  const { deps, row, signal } = run;
  // Whoever was interrupted here may find that the instances were stopped or have died meanwhile.
  if (run.resumedAt === 'ready') await launchAll(run);
  const instances = await createInstanceRepository(deps.store.db).listByDeployment(row.id);
  await Promise.all(
    instances.map(
      async (instance) =>
        await awaitReady(
          {
            target: deps.host.target(row.infrastructure_target),
            instanceId: instance.id,
            address: addressOf(instance),
            deploymentTimestamp: row.deployment_timestamp ?? 0,
            aliveTimeoutMs: deps.aliveTimeoutMs,
            readyTimeoutMs: deps.readyTimeoutMs,
            onAlive: async () => await run.advance({ phase: 'initializing Job entrypoint' }),
          },
          signal,
        ),
    ),
  );
  await run.advance({ step: 'published', phase: 'post-deploy hooks' });
}

/** What the target is asked for one instance: at first, and whenever it has to be started again. */
export async function composeRequest(
  deps: Pick<DeploymentDeps, 'sealer' | 'ensureFamilyToken'>,
  deployment: DeploymentRow,
  instanceId: string,
): Promise<LaunchRequest> {
  return composeLaunchRequest({
    instanceId,
    job: { name: deployment.job_name, version: deployment.job_version },
    spec: launchSpecSchema.parse(fromJson(deployment.launch_spec ?? 'null')),
    secrets: openSecrets(deps.sealer, deployment.id, deployment.sealed_secrets),
    deploymentTimestamp: deployment.deployment_timestamp ?? 0,
    familyToken: await deps.ensureFamilyToken(deployment.job_name),
  });
}

/** Where an instance listens; known as soon as it was launched. */
export function addressOf(instance: InstanceRow) {
  return addressSchema.parse(fromJson(instance.address ?? 'null'));
}

async function launchAll(run: DeploymentRun): Promise<void> {
  const { deps } = run;
  const target = deps.host.target(run.row.infrastructure_target);
  for (const instance of await createInstanceRepository(deps.store.db).listByDeployment(run.row.id)) {
    const request = await composeRequest(deps, run.row, instance.id);
    const { address } = await target.launch(request, run.signal);
    await createInstanceRepository(deps.store.db).update(instance.id, { address: toJson(address) });
  }
}

async function commitInstances(run: DeploymentRun): Promise<void> {
  const { row, deps } = run;
  const spec = launchSpecSchema.parse(fromJson(row.launch_spec ?? 'null'));
  await deps.store.transaction(async ({ db }) => {
    const previous = await createDeploymentRepository(db).findNewestTimestamp(row.job_name, row.job_version);
    const timestamp = Math.max(Math.floor(Date.now() / 1_000), (previous ?? 0) + 1);
    await run.advanceIn(db, { deployment_timestamp: timestamp });
    for (let replica = 0; replica < spec.replicas; replica += 1) {
      await createInstanceRepository(db).insert({
        id: `i-${randomBytes(6).toString('hex')}`,
        deployment_id: row.id,
        job_name: row.job_name,
        job_version: row.job_version,
        target: row.infrastructure_target,
        state: 'launching',
        address: null,
        created_at: Date.now(),
        drain_since: null,
        drain_revision: null,
        restarts: 0,
        next_restart_at: null,
      });
    }
  });
}
