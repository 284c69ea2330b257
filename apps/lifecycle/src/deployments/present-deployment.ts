import type { DeploymentDto, JobDto } from '@racetrack-platform/contracts';
import type { DeploymentRow } from '@racetrack-platform/db';

/** A deployment for the wire. `job` only when there is one: null would crash original clients. */
export function presentDeployment(row: DeploymentRow, job: JobDto | undefined): DeploymentDto {
  return {
    id: row.id,
    status: row.status,
    create_time: toSeconds(row.created_at),
    update_time: toSeconds(row.updated_at),
    error: row.error,
    ...(job && { job }),
    deployed_by: row.deployed_by,
    phase: row.phase,
    image_name: row.artifact_key,
    infrastructure_target: row.infrastructure_target,
    manifest_yaml: row.manifest_yaml,
    job_name: row.job_name,
    job_version: row.job_version,
    warnings: row.warnings,
    step: row.step,
    error_code: row.error_code,
    hint: row.hint,
    commit: row.commit_id,
    kind: row.kind ?? 'deploy',
    previous_target: row.previous_target,
  };
}

function toSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}
