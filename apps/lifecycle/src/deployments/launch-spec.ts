import { z } from 'zod';
import {
  runSpecSchema,
  TRACING_HEADER,
  CALLER_HEADER,
  type BuildResult,
  type NativePlan,
} from '@racetrack-platform/contracts';
import { parseQuantity, type Manifest } from '@racetrack-platform/manifest';
import type { JobAccount, LaunchRequest } from '@racetrack-platform/plugin-sdk';
import type { DeploymentSecrets } from './deployment-secrets.ts';
import { readMemoryMax } from './memory-limits.ts';

/** What every launch of a deployment's instances needs, kept in its row; no secrets. */
export const launchSpecSchema = z.object({
  sourceDir: z.string(),
  environmentDir: z.string(),
  pluginDir: z.string(),
  run: runSpecSchema,
  env: z.record(z.string(), z.string()),
  replicas: z.number().int(),
  memoryMaxBytes: z.number().nullable(),
  cpuMaxMillicores: z.number().nullable(),
});
export type LaunchSpec = z.infer<typeof launchSpecSchema>;

/** Facts about the platform that every instance is told. */
export interface PlatformFacts {
  /** Base URL of pub for calls between jobs, ending in `/pub`. */
  readonly pubUrl: string;
  /** Version of the platform. */
  readonly version: string;
  /** Memory of an instance whose manifest does not say it; `null`: no limit. */
  readonly defaultMemoryMaxBytes: number | null;
}

/** What instances run with, whatever they run. */
interface RuntimeTerms {
  readonly manifest: Manifest;
  readonly secretBuildEnv: Readonly<Record<string, string>>;
  readonly jobType: string;
  readonly platform: PlatformFacts;
}

/** Puts together what launches need once the build is known. */
export function composeLaunchSpec(
  options: RuntimeTerms & { readonly plan: NativePlan; readonly build: BuildResult },
): LaunchSpec {
  const { build } = options;
  return {
    sourceDir: build.sourceDir,
    environmentDir: build.environmentDir,
    pluginDir: build.pluginDir,
    run: options.plan.run,
    ...describeRuntime({ ...options, gitVersion: build.gitVersion }),
  };
}

/** What a manifest that may have been edited says about running what was built before. */
export function renewLaunchSpec(recorded: LaunchSpec, terms: RuntimeTerms): LaunchSpec {
  return { ...recorded, ...describeRuntime({ ...terms, gitVersion: recorded.env['GIT_VERSION'] ?? '' }) };
}

function describeRuntime(options: RuntimeTerms & { readonly gitVersion: string }) {
  const { manifest, platform } = options;
  return {
    env: {
      // Values baked in at build time are shadowed, as Racetrack 2.36 does.
      ...blank({ ...manifest.build_env, ...options.secretBuildEnv }),
      ...manifest.runtime_env,
      JOB_NAME: manifest.name,
      JOB_VERSION: manifest.version,
      JOB_TYPE_VERSION: options.jobType,
      GIT_VERSION: options.gitVersion,
      DEPLOYED_BY_RACETRACK_VERSION: platform.version,
      PUB_URL: platform.pubUrl,
      REQUEST_TRACING_HEADER: TRACING_HEADER,
      CALLER_NAME_HEADER: CALLER_HEADER,
    },
    replicas: manifest.replicas,
    memoryMaxBytes: readMemoryMax(manifest) ?? platform.defaultMemoryMaxBytes,
    cpuMaxMillicores: scale(quantity(manifest.resources?.cpu_max), 1_000),
  };
}

/** The request for one instance. */
export function composeLaunchRequest(options: {
  readonly instanceId: string;
  readonly job: { readonly name: string; readonly version: string };
  readonly spec: LaunchSpec;
  readonly secrets: DeploymentSecrets;
  readonly deploymentTimestamp: number;
  /** Token of the job's family, for calls to other jobs. */
  readonly familyToken: string;
  readonly account: JobAccount | null;
}): LaunchRequest {
  const { spec } = options;
  return {
    instanceId: options.instanceId,
    job: options.job,
    deploymentTimestamp: options.deploymentTimestamp,
    artifact: {
      kind: 'native',
      sourceDir: spec.sourceDir,
      environmentDir: spec.environmentDir,
      pluginDir: spec.pluginDir,
      run: spec.run,
    },
    env: {
      ...spec.env,
      ...options.secrets.runtimeEnv,
      ...options.secrets.pluginEnv,
      AUTH_TOKEN: options.familyToken,
      JOB_DEPLOYMENT_TIMESTAMP: String(options.deploymentTimestamp),
    },
    resources: { memoryMaxBytes: spec.memoryMaxBytes, cpuMaxMillicores: spec.cpuMaxMillicores },
    account: options.account,
  };
}

function blank(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(variables).map((name) => [name, '']));
}

function quantity(text: string | number | null | undefined): number | null {
  return text === null || text === undefined ? null : parseQuantity(String(text));
}

function scale(value: number | null, factor: number): number | null {
  return value === null ? null : Math.round(value * factor);
}
