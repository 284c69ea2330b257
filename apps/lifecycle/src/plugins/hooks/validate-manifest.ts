import { PlatformError } from '@racetrack-platform/errors';
import type { KnownPlugin } from '../set/plugin-set.ts';
import { callJobHook, hasHook, type HookCaller } from './call-job-hook.ts';
import type { HookManifest } from './hook-data.ts';

/** A resolved job type, and the plugin that brings it. */
export interface RulingJobType {
  /** `name:version`. */
  readonly fullName: string;
  readonly provider: KnownPlugin;
}

/** What is to be looked at, and by whose rules. */
export interface ManifestToValidate {
  readonly jobType: RulingJobType;
  /** Asked for only when there is somebody to look at it. */
  readonly readManifest: () => HookManifest;
}

/** Whether the plugin of a job type has rules of its own for manifests. */
export function hasManifestRules({ provider }: RulingJobType): boolean {
  return hasHook(provider, 'validate_job_manifest');
}

/**
 * Lets the plugin of the job type, and no other, refuse a manifest before anything is built.
 *
 * @throws PlatformError `MANIFEST_INVALID` in the words of Racetrack 2.36; `PLUGIN_UNAVAILABLE` when the plugin cannot be
 *   asked, for what nobody has looked at is not accepted.
 */
export async function validateManifest(
  plugins: Pick<HookCaller, 'callHook'>,
  { jobType, readManifest }: ManifestToValidate,
): Promise<void> {
  if (!hasManifestRules(jobType)) return;
  const params = { manifest: readManifest(), jobType: jobType.fullName };
  try {
    await callJobHook(plugins, jobType.provider, 'validate_job_manifest', params);
  } catch (error) {
    throw PlatformError.is(error) ? describeRefusal(jobType.fullName, error) : error;
  }
}

function describeRefusal(jobType: string, error: PlatformError): PlatformError {
  if (error.code === 'PLUGIN_UNAVAILABLE') {
    return new PlatformError(
      error.code,
      `the manifest cannot be checked by the rules of job type ${jobType}: ${error.message}`,
      { cause: error, hint: error.hint },
    );
  }
  const own = PlatformError.is(error.cause) ? error.cause.hint : undefined;
  return new PlatformError(
    'MANIFEST_INVALID',
    `invalid manifest according to job type rules: ${error.message}`,
    {
      cause: error,
      hint: own ?? `Correct the manifest: see what the plugin of job type ${jobType} documents of its rules.`,
    },
  );
}
