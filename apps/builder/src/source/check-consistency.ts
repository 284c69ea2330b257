import { messageOf } from '@racetrack-platform/errors';
import { listManifestDifferences } from './compare-manifests.ts';
import type { RepositoryManifest } from './repository-manifest.ts';

/**
 * Compares the submitted manifest with the one in the repository; a difference often means a forgotten push.
 *
 * @returns the warning for the author, or `undefined` when they say the same, defaults included.
 */
export async function checkConsistency(
  repository: RepositoryManifest,
  submittedYaml: string,
): Promise<string | undefined> {
  switch (repository.kind) {
    case 'absent':
      return 'the repository holds no job.yaml, neither in git.directory nor in its root, to compare with the submitted manifest';
    case 'unreadable':
      return `${repository.path} in the repository cannot be compared with the submitted manifest: ${repository.reason}`;
    case 'found': {
      const differences = await listDifferences(repository, submittedYaml);
      if (differences.length === 0) return undefined;
      return `the submitted manifest differs from ${repository.path} in the repository: ${differences.join('; ')}. If that is not on purpose, commit and push it, and deploy again`;
    }
  }
}

async function listDifferences(
  repository: Extract<RepositoryManifest, { kind: 'found' }>,
  submittedYaml: string,
): Promise<string[]> {
  const { parseManifest, readManifestYaml } = await import('@racetrack-platform/manifest');
  const fillDefaults = (data: Record<string, unknown>): Record<string, unknown> => {
    try {
      return { ...parseManifest(data, { source: 'job.yaml' }).manifest, extends: null };
    } catch {
      return data;
    }
  };
  try {
    const submitted = readManifestYaml(submittedYaml, { source: 'job.yaml' }).data;
    return listManifestDifferences(fillDefaults(repository.data), fillDefaults(submitted));
  } catch (error) {
    return [`it cannot be read again (${messageOf(error)})`];
  }
}
