import type { NativePlan } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import type { JobTypeManifest } from '@racetrack-platform/plugin-sdk';
import type { PluginSet, SetJobType } from '../plugins/set/plugin-set.ts';

type Host = Pick<PluginSet, 'jobTypes' | 'planNative' | 'reserve'>;

/** What a job type says of a build, and the files that it means; they stay until this is disposed of. */
export interface PlannedBuild extends Disposable {
  readonly plan: NativePlan;
  readonly pluginDir: string;
  /** Whether root may read for the build what the plan names: it is the platform's, or the owner's of the server. */
  readonly trustsHostPaths: boolean;
}

/**
 * Asks a job type how to build a job. One that was replaced meanwhile is asked again: what is planned has to fit the files.
 *
 * @param fullName - `name:version`.
 * @throws PlatformError `JOB_TYPE_UNKNOWN` when it is installed no more; else as {@link PluginSet.planNative}.
 */
export async function planBuild(
  host: Host,
  fullName: string,
  manifest: JobTypeManifest,
  signal: AbortSignal,
): Promise<PlannedBuild> {
  for (;;) {
    const { digest, pluginDir, provider } = findJobType(host, fullName);
    using kept = new DisposableStack();
    if (digest !== null) kept.use(host.reserve(digest));
    const plan = await host.planNative(fullName, manifest, signal);
    if (findJobType(host, fullName).pluginDir !== pluginDir) continue;
    const files = kept.move();
    const trustsHostPaths = provider.origin !== 'installed' || provider.installed?.isPinned === true;
    return { plan, pluginDir, trustsHostPaths, [Symbol.dispose]: () => files.dispose() };
  }
}

function findJobType(host: Host, fullName: string): SetJobType {
  const found = host.jobTypes().find((jobType) => jobType.fullName === fullName);
  if (found !== undefined) return found;
  throw new PlatformError('JOB_TYPE_UNKNOWN', `job type ${fullName} is no longer installed`);
}
