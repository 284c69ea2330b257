import { z } from 'zod';
import type { Sealer } from '../keys/sealer.ts';

const stringMap = z.record(z.string(), z.string());

/** What a deployment must keep to itself: sealed in its row, opened only to build and to launch. */
export const deploymentSecretsSchema = z.object({
  gitCredentials: z.object({ username: z.string(), password: z.string() }).nullable(),
  buildEnv: stringMap,
  runtimeEnv: stringMap,
  /** What plugins gave for this deployment, so that its instances are started again with the same; here, for it may be secret. */
  pluginEnv: stringMap.optional(),
  /**
   * Subject who gave them: nobody else may say what becomes of them. Left out: whoever made the deployment. One that
   * brings the job up again carries them on in the name of who gave them.
   */
  givenBy: z.string().optional(),
});
export type DeploymentSecrets = z.infer<typeof deploymentSecretsSchema>;

const NO_SECRETS: DeploymentSecrets = { gitCredentials: null, buildEnv: {}, runtimeEnv: {} };

export function sealSecrets(sealer: Sealer, deploymentId: string, secrets: DeploymentSecrets): string {
  return sealer.seal(JSON.stringify(secrets), associatedData(deploymentId));
}

export function openSecrets(sealer: Sealer, deploymentId: string, sealed: string | null): DeploymentSecrets {
  if (sealed === null) return NO_SECRETS;
  return deploymentSecretsSchema.parse(JSON.parse(sealer.open(sealed, associatedData(deploymentId))));
}

export function hasSecrets({ gitCredentials, buildEnv, runtimeEnv }: DeploymentSecrets): boolean {
  return gitCredentials !== null || [buildEnv, runtimeEnv].some((env) => Object.keys(env).length > 0);
}

/** Binds the ciphertext to its row, so that it cannot be moved to another deployment. */
function associatedData(deploymentId: string): string {
  return `deployment:${deploymentId}`;
}
