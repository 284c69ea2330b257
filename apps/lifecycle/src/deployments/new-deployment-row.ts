import type { DeploymentTable } from '@racetrack-platform/db';
import type { Insertable } from 'kysely';

type Facts = Pick<
  Insertable<DeploymentTable>,
  | 'id'
  | 'job_name'
  | 'job_version'
  | 'kind'
  | 'warnings'
  | 'deployed_by'
  | 'subject_id'
  | 'manifest_yaml'
  | 'infrastructure_target'
  | 'previous_target'
  | 'job_type_version'
  | 'is_force'
  | 'no_cache'
  | 'upload'
  | 'sealed_secrets'
  | 'commit_id'
  | 'host_id'
>;

/** The row of a deployment that was asked for just now: in progress, and nobody drives it yet. */
export function newDeploymentRow(facts: Facts): Insertable<DeploymentTable> {
  const now = Date.now();
  return {
    ...facts,
    status: 'in_progress',
    step: 'accepted',
    phase: null,
    error: null,
    error_code: null,
    hint: null,
    created_at: now,
    updated_at: now,
    deployment_timestamp: null,
    artifact_key: null,
    launch_spec: null,
    lease_owner: null,
    lease_epoch: 0,
    lease_expires_at: 0,
  };
}
