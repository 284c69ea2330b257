import { parseManifest, readManifestYaml } from '@racetrack-platform/manifest';

/**
 * A stored manifest as the API shows it.
 *
 * @param yaml - as it was submitted.
 * @returns every field with its default; null when a later version no longer accepts what was stored.
 */
export function presentManifest(yaml: string): Readonly<Record<string, unknown>> | null {
  try {
    const { data } = readManifestYaml(yaml, { source: 'job.yaml' });
    return { ...parseManifest(data, { source: 'job.yaml' }).manifest };
  } catch {
    return null;
  }
}
