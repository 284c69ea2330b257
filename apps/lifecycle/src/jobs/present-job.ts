import type { JobDto } from '@racetrack-platform/contracts';
import type { JobRow, VersionPin } from '@racetrack-platform/db';
import { explainPins } from '../pins/explain-pins.ts';
import { presentManifest } from './present-manifest.ts';

export interface PresentJobOptions {
  /** Where callers reach pub, with its `/pub`. */
  readonly externalPubUrl: string;
  /** Ids of the instances that serve it. */
  readonly instanceIds: readonly string[];
  /** Of its family. */
  readonly pins: readonly VersionPin[];
}

/** A job for the wire. */
export function presentJob(row: JobRow, options: PresentJobOptions): JobDto {
  const { manifest_yaml: yaml } = row;
  return { manifest: presentManifest(yaml), manifest_yaml: yaml, ...presentJobBeside(row, options) };
}

/** The same but for its manifest, which takes longer to read than all the rest. */
export function presentJobBeside(
  row: Omit<JobRow, 'manifest_yaml'>,
  options: PresentJobOptions,
): Omit<JobDto, 'manifest' | 'manifest_yaml'> {
  return {
    id: row.id,
    name: row.name,
    version: row.version,
    status: row.status,
    create_time: toSeconds(row.created_at),
    update_time: toSeconds(row.updated_at),
    internal_name: options.instanceIds[0] ?? null,
    pub_url: jobUrl(options.externalPubUrl, row.name, row.version),
    error: row.error,
    notice: presentNotice(row, options.pins),
    image_tag: row.deployment_id,
    deployed_by: row.deployed_by,
    last_call_time: row.last_call_at === null ? null : toSeconds(row.last_call_at),
    infrastructure_target: row.infrastructure_target,
    replica_internal_names: [...options.instanceIds],
    job_type_version: row.job_type_version,
    infrastructure_stats: {},
    pinned_as: options.pins.filter((pin) => pin.jobId === row.id).map((pin) => pin.pattern),
  };
}

/** Several are joined by semicolons, as in Racetrack 2.36. */
function presentNotice(
  row: Pick<JobRow, 'id' | 'version' | 'notice'>,
  pins: readonly VersionPin[],
): string | null {
  const notices = [row.notice, explainPins({ jobId: row.id, version: row.version, pins })];
  return (
    notices.filter((notice) => notice !== null && notice !== undefined && notice !== '').join(';') ||
    row.notice
  );
}

/** Base URL of a job at pub. */
export function jobUrl(externalPubUrl: string, name: string, version: string): string {
  return `${externalPubUrl}/job/${encodeURIComponent(name)}/${encodeURIComponent(version)}`;
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}
