import { EXTRA_FIELDS } from './check-rules.ts';
import type { Manifest } from './manifest-schema.ts';

/** The job type that a manifest asks for, as written: `jobtype`, or its old name `lang`. */
export function getJobType(manifest: Pick<Manifest, 'jobtype' | 'lang'>): string {
  return manifest.jobtype ?? manifest.lang ?? '';
}

/** The settings for the job type: `jobtype_extra`, or the first of its old names that is set; else empty. */
export function getJobTypeExtra(
  manifest: Pick<Manifest, (typeof EXTRA_FIELDS)[number]>,
): Record<string, unknown> {
  for (const name of EXTRA_FIELDS) {
    const settings = manifest[name];
    if (settings !== null) return settings;
  }
  return {};
}
