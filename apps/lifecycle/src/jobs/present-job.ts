import type { JobDto } from '@racetrack-platform/contracts';
import type { JobRow } from '@racetrack-platform/db';
import { parseManifest, readManifestYaml } from '@racetrack-platform/manifest';

export interface PresentJobOptions {
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
  /** Ids of the instances that serve it. */
  readonly instanceIds: readonly string[];
}

/** A job for the wire. */
export function presentJob(row: JobRow, options: PresentJobOptions): JobDto {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    status: row.status,
    create_time: toSeconds(row.created_at),
    update_time: toSeconds(row.updated_at),
    manifest: presentManifest(row.manifest_yaml),
    manifest_yaml: row.manifest_yaml,
    internal_name: options.instanceIds[0] ?? null,
    pub_url: jobUrl(options.externalPubUrl, row.name, row.version),
    error: row.error,
    notice: row.notice,
    image_tag: row.deployment_id,
    deployed_by: row.deployed_by,
    last_call_time: row.last_call_at === null ? null : toSeconds(row.last_call_at),
    infrastructure_target: row.infrastructure_target,
    replica_internal_names: [...options.instanceIds],
    job_type_version: row.job_type_version,
    infrastructure_stats: {},
  };
}

/** Base URL of a job at pub. */
export function jobUrl(externalPubUrl: string, name: string, version: string): string {
  return `${externalPubUrl}/job/${encodeURIComponent(name)}/${encodeURIComponent(version)}`;
}

/** Every field with its default; null when a later version no longer accepts what was stored. */
function presentManifest(yaml: string): Record<string, unknown> | null {
  try {
    const { data } = readManifestYaml(yaml, { source: 'job.yaml' });
    return { ...parseManifest(data, { source: 'job.yaml' }).manifest };
  } catch {
    return null;
  }
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}
