import type { Insertable } from 'kysely';
import type { DeploymentTable, InstanceTable, JobTable } from '../index.ts';

/** A deployment in progress of `adder 1.0.0` that nobody drives. */
export function aDeployment(change: Partial<Insertable<DeploymentTable>> = {}): Insertable<DeploymentTable> {
  return {
    id: 'd',
    job_name: 'adder',
    job_version: '1.0.0',
    status: 'in_progress',
    step: 'accepted',
    phase: null,
    error: null,
    error_code: null,
    hint: null,
    warnings: null,
    created_at: 1,
    updated_at: 1,
    deployed_by: 'bob',
    subject_id: 's',
    manifest_yaml: 'name: adder',
    infrastructure_target: 'process',
    job_type_version: 'python3:1.0.0',
    is_force: 0,
    no_cache: 0,
    upload: null,
    sealed_secrets: null,
    deployment_timestamp: null,
    commit_id: null,
    artifact_key: null,
    launch_spec: null,
    lease_owner: null,
    lease_epoch: 0,
    lease_expires_at: 0,
    ...change,
  };
}

/** A running job `adder 1.0.0`. */
export function aJob(
  change: Partial<Insertable<JobTable>> & Pick<Insertable<JobTable>, 'family_id'>,
): Insertable<JobTable> {
  return {
    id: 'j',
    name: 'adder',
    version: '1.0.0',
    status: 'running',
    created_at: 1,
    updated_at: 1,
    manifest_yaml: 'name: adder',
    deployed_by: 'bob',
    infrastructure_target: 'process',
    job_type_version: 'python3:1.0.0',
    deployment_id: 'd',
    error: null,
    notice: null,
    last_call_at: null,
    ...change,
  };
}

/** An instance of `adder 1.0.0`. */
export function anInstance(change: Partial<Insertable<InstanceTable>> = {}): Insertable<InstanceTable> {
  return {
    id: 'i',
    deployment_id: 'd',
    job_name: 'adder',
    job_version: '1.0.0',
    target: 'process',
    state: 'active',
    address: null,
    created_at: 1,
    drain_since: null,
    drain_revision: null,
    restarts: 0,
    next_restart_at: null,
    ...change,
  };
}
