import { randomBytes } from 'node:crypto';
import { addressSchema } from '@racetrack-platform/contracts';
import {
  createDeploymentRepository,
  createInstanceRepository,
  fromJson,
  toJson,
  type DeploymentRow,
  type InstanceRow,
  type Store,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import type { PluginHost } from '@racetrack-platform/plugin-engine';
import type { InfrastructureTarget, LaunchRequest, LaunchResult } from '@racetrack-platform/plugin-sdk';
import { sealVariables } from '../plugins/hooks/seal-variables.ts';
import { findMaintenance } from '../settings/maintenance.ts';
import { awaitEndOfMaintenance } from './await-maintenance.ts';
import { awaitReady } from './await-ready.ts';
import type { DeploymentDeps, DeploymentRun } from './deployment-context.ts';
import { openSecrets } from './deployment-secrets.ts';
import { composeLaunchRequest, launchSpecSchema } from './launch-spec.ts';
import { maskSecrets } from './mask-secrets.ts';

/**
 * Phase `launch`: the instance rows are committed first, then the target starts new instances beside the old ones.
 * Running it again after a crash asks for the same instances, which is harmless.
 */
export async function launchInstances(run: DeploymentRun): Promise<void> {
  while (run.row.deployment_timestamp === null) {
    const variables = await sealVariables(run);
    // Nothing is provisioned any more once somebody was told that maintenance mode is on.
    if (!(await commitInstances(run, variables))) await awaitEndOfMaintenance(run);
  }
  await launchAll(run);
  failpoint('before-ready-step');
  await run.advance({ step: 'ready', phase: 'starting Job server' });
  failpoint('after-ready-step');
}

/** Phase `ready`: every new instance reports the deployment's timestamp and readiness. */
export async function awaitInstances(run: DeploymentRun): Promise<void> {
  const { deps, row, signal } = run;
  // Whoever was interrupted here may find that the instances were stopped or have died meanwhile.
  if (run.resumedAt === 'ready') await launchAll(run);
  const instances = await listWanted(deps.store, row.id);
  const { buildEnv, runtimeEnv, pluginEnv = {} } = openSecrets(deps.sealer, row.id, row.sealed_secrets);
  const values = [buildEnv, runtimeEnv, pluginEnv].flatMap((env) => Object.values(env));
  await Promise.all(
    instances.map(
      async (instance) =>
        await awaitReady(
          {
            target: deps.host.target(row.infrastructure_target),
            instanceId: instance.id,
            address: addressOf(instance),
            deploymentTimestamp: row.deployment_timestamp ?? 0,
            mask: (text) => maskSecrets(text, values),
            aliveTimeoutMs: deps.aliveTimeoutMs,
            readyTimeoutMs: deps.readyTimeoutMs,
            onAlive: async () => await run.advance({ phase: 'initializing Job entrypoint' }),
          },
          signal,
        ),
    ),
  );
  failpoint('before-published-step');
  await run.advance({ step: 'published', phase: 'post-deploy hooks' });
  failpoint('after-published-step');
}

/** What the target is asked for one instance: at first, and whenever it has to be started again. */
export async function composeRequest(
  deps: Pick<DeploymentDeps, 'sealer' | 'ensureFamilyToken' | 'accounts'> & { readonly host: PluginHost },
  deployment: DeploymentRow,
  instanceId: string,
): Promise<LaunchRequest> {
  const job = { name: deployment.job_name, version: deployment.job_version };
  if (deployment.launch_spec === null) {
    throw new PlatformError(
      'LAUNCH_FAILED',
      `how ${job.name} ${job.version} is launched is not known any more`,
      {
        hint: `Build it again: racetrack redeploy ${job.name} --version ${job.version}`,
      },
    );
  }
  return composeLaunchRequest({
    instanceId,
    job,
    spec: launchSpecSchema.parse(fromJson(deployment.launch_spec)),
    secrets: openSecrets(deps.sealer, deployment.id, deployment.sealed_secrets),
    deploymentTimestamp: deployment.deployment_timestamp ?? 0,
    familyToken: await deps.ensureFamilyToken(deployment.job_name),
    account: await deps.accounts.get(deps.host.target(deployment.infrastructure_target), job),
  });
}

/** Where an instance listens; known as soon as it was launched. */
export function addressOf(instance: InstanceRow) {
  return addressSchema.parse(fromJson(instance.address ?? 'null'));
}

/** Those of an earlier attempt on another host are to be removed there. */
async function listWanted(store: Store, deploymentId: string): Promise<InstanceRow[]> {
  const instances = await createInstanceRepository(store.db).listByDeployment(deploymentId);
  return instances.filter(({ state }) => state === 'launching' || state === 'active');
}

async function launchAll(run: DeploymentRun): Promise<void> {
  const { deps } = run;
  const target = deps.host.target(run.row.infrastructure_target);
  for (const instance of await listWanted(deps.store, run.row.id)) {
    const request = await composeRequest(deps, run.row, instance.id);
    failpoint('before-target-launch');
    const { address, warnings = [] } = await launchSurely(target, request, run.signal);
    failpoint('after-target-launch');
    await run.warn(...warnings);
    failpoint('before-address');
    await createInstanceRepository(deps.store.db).update(instance.id, { address: toJson(address) });
    failpoint('after-address');
  }
}

/** A plugin host that dies meanwhile is started again at once, and a launch that is repeated asks for the same. */
async function launchSurely(
  target: InfrastructureTarget,
  request: LaunchRequest,
  signal: AbortSignal,
): Promise<LaunchResult> {
  try {
    return await target.launch(request, signal);
  } catch (error) {
    if (signal.aborted || !PlatformError.is(error) || error.code !== 'PLUGIN_UNAVAILABLE') throw error;
    return await target.launch(request, signal);
  }
}

/** @returns false, and writes nothing, in maintenance mode. */
async function commitInstances(
  run: DeploymentRun,
  variables: Pick<Partial<DeploymentRow>, 'sealed_secrets'>,
): Promise<boolean> {
  const { row, deps } = run;
  const spec = launchSpecSchema.parse(fromJson(row.launch_spec ?? 'null'));
  const target = deps.host.target(row.infrastructure_target);
  const { result: isCommitted } = await deps.store.transaction(async ({ db }) => {
    if ((await findMaintenance(db)).isOn) return false;
    const previous = await createDeploymentRepository(db).findNewestTimestamp(row.job_name, row.job_version);
    const timestamp = Math.max(Math.floor(Date.now() / 1_000), (previous ?? 0) + 1);
    await run.advanceIn(db, { deployment_timestamp: timestamp, ...variables });
    failpoint('before-uid-allocated');
    await deps.accounts.reserve(db, target, { name: row.job_name, version: row.job_version });
    failpoint('after-uid-allocated');
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
        host_id: target.scope === 'host' ? deps.hostId : null,
      });
    }
    failpoint('before-instance-rows');
    return true;
  });
  failpoint('after-instance-rows');
  return isCommitted;
}
