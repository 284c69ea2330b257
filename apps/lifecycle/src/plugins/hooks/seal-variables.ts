import type { DeploymentRow } from '@racetrack-platform/db';
import { readStoredManifest } from '../../deployments/build-artifact.ts';
import type { DeploymentRun } from '../../deployments/deployment-context.ts';
import { openSecrets, sealSecrets } from '../../deployments/deployment-secrets.ts';
import { listWithHook } from './call-job-hook.ts';
import { collectVariables } from './collect-variables.ts';

/**
 * Asks plugins for the variables of a deployment's instances, once for all of them: what is started again later gets the
 * same. They are kept with the secrets, because plugins may take them from their configuration.
 *
 * @returns what the deployment's row is to be changed by, with the instances that it is for.
 * @throws PlatformError `PLUGIN_FAILED`, `PLUGIN_UNAVAILABLE`.
 */
export async function sealVariables(
  run: DeploymentRun,
): Promise<Pick<Partial<DeploymentRow>, 'sealed_secrets'>> {
  const { deps, row, signal } = run;
  if (listWithHook(deps.host, 'job_runtime_env_vars').length === 0) return {};
  const secrets = openSecrets(deps.sealer, row.id, row.sealed_secrets);
  const own = { ...readStoredManifest(row.manifest_yaml).runtime_env, ...secrets.runtimeEnv };
  const { variables, warnings } = await collectVariables(deps.host, new Set(Object.keys(own)), signal);
  if (warnings.length > 0) await run.warn(...warnings);
  return { sealed_secrets: sealSecrets(deps.sealer, row.id, { ...secrets, pluginEnv: { ...variables } }) };
}
