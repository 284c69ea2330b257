import { getJobTypeExtra, type Manifest } from '@racetrack-platform/manifest';
import type { JobTypeManifest } from '@racetrack-platform/plugin-sdk';

/** The part of a manifest that job types may look at. */
export function toJobTypeManifest(manifest: Manifest): JobTypeManifest {
  return {
    name: manifest.name,
    version: manifest.version,
    jobtypeExtra: getJobTypeExtra(manifest),
    systemDependencies: manifest.system_dependencies ?? [],
  };
}
