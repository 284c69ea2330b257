import type { BuildContext } from '../build-context/create-build-context.ts';
import type { Log } from '../output/log.ts';
import { isLoopbackUrl } from '../remote/resolve-remote.ts';

/** The owner in the manifests of sample jobs. */
const SAMPLE_OWNER = 'sample@example.com';

export interface ChooseOptions {
  readonly choice: 'local' | 'git' | 'default';
  /** Resolved URL of lifecycle. */
  readonly serverUrl: string;
  readonly ownerEmail: string;
  readonly root: string;
  readonly secretPaths: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Packs the local files where they are to be built, by choice or by the default rule: sample jobs on a server of this
 * machine.
 *
 * @returns undefined when the server is to fetch from git.
 */
export async function chooseBuildContext(
  deps: { readonly log: Log },
  options: ChooseOptions,
): Promise<BuildContext | undefined> {
  if (options.choice === 'git') return undefined;
  if (options.choice === 'default') {
    if (!isLocalByDefault(options.serverUrl, options.ownerEmail)) return undefined;
    deps.log.info('using local build context due to deploying to localhost');
  }
  const { createBuildContext } = await import('../build-context/create-build-context.ts');
  return await createBuildContext(deps, options);
}

/** The original's rule, which the seeds' tutorial relies on. */
export function isLocalByDefault(serverUrl: string, ownerEmail: string): boolean {
  return isLoopbackUrl(serverUrl) && ownerEmail === SAMPLE_OWNER;
}
