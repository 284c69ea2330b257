import type {
  DeploymentKind,
  DeploymentPhase,
  DeploymentStatus,
  JobStatus,
  Scope,
} from '@racetrack-platform/contracts';
import type { ColumnType } from 'kysely';
import type { Flag } from './codec.ts';
import type {
  PluginArchivePartTable,
  PluginArchiveTable,
  PluginConfigTable,
  PluginPackageTable,
  RemovedPluginTable,
} from './plugin-tables.ts';

/** A column that came later: null when it is left out of an insert. */
type Optional<T> = ColumnType<T | null, T | null | undefined, T | null>;

/** One row: facts about the store itself, such as its id and the keys' check values. */
export interface MetaTable {
  key: string;
  value: string;
}

export interface UserTable {
  id: string;
  username: string;
  /** `$argon2id$…` or the original's `pbkdf2_sha256$…`. */
  password_hash: string;
  is_active: Flag;
  is_staff: Flag;
  created_at: number;
  last_login_at: number | null;
  /** What clients of Racetrack 2.36 know a user by. */
  number: Optional<number>;
  email: Optional<string>;
  first_name: Optional<string>;
  last_name: Optional<string>;
  is_superuser: Optional<Flag>;
}

export type SubjectKind = 'user' | 'esc' | 'job_family';

/** Whoever can hold tokens and grants: exactly one of the three references is set. */
export interface SubjectTable {
  id: string;
  kind: SubjectKind;
  user_id: string | null;
  esc_id: string | null;
  family_id: string | null;
}

export interface EscTable {
  id: string;
  name: string;
}

export interface TokenTable {
  id: string;
  subject_id: string;
  name: string | null;
  /** SHA-256 of the token text, hexadecimal. */
  hash: string;
  /** The token text, sealed: its owner may read it back, as clients of Racetrack 2.36 expect. */
  sealed: string;
  expires_at: number | null;
  is_active: Flag;
  created_at: number;
  last_used_at: number | null;
}

export interface PermissionTable {
  id: string;
  subject_id: string;
  scope: Scope;
  family_id: string | null;
  job_id: string | null;
  endpoint: string | null;
  created_at: number;
  /** What clients of Racetrack 2.36 know a grant by. */
  number: Optional<number>;
}

export interface JobFamilyTable {
  id: string;
  name: string;
}

export interface JobTable {
  id: string;
  family_id: string;
  name: string;
  version: string;
  status: JobStatus;
  created_at: number;
  updated_at: number;
  /** The submitted manifest, as YAML. */
  manifest_yaml: string;
  deployed_by: string | null;
  infrastructure_target: string;
  job_type_version: string;
  /** The deployment whose instances are routed. */
  deployment_id: string;
  error: string | null;
  notice: string | null;
  last_call_at: number | null;
  /** Who changed the manifest since it was deployed. */
  manifest_edited_by: Optional<string>;
  manifest_edited_at: Optional<number>;
  /** The same as a subject, which a name may not tell for ever. */
  manifest_edited_subject_id: Optional<string>;
}

/**
 * `launching`: committed before the target is asked. `active`: routed. `draining`: no longer routed, finishing calls.
 * `removing`: the target is to remove it; the row goes when it has.
 */
export type InstanceState = 'launching' | 'active' | 'draining' | 'removing';

export interface InstanceTable {
  id: string;
  deployment_id: string;
  job_name: string;
  job_version: string;
  target: string;
  state: InstanceState;
  /** JSON of an `Address`; null until launched. */
  address: string | null;
  created_at: number;
  /** When it left the route: the drain limit counts from here. */
  drain_since: number | null;
  /** Feed revision that took it off the route. */
  drain_revision: number | null;
  restarts: number;
  next_restart_at: number | null;
  /** Where it lives; null: a target that every host reaches. */
  host_id: Optional<string>;
}

export interface DeploymentTable {
  id: string;
  job_name: string;
  job_version: string;
  status: DeploymentStatus;
  step: DeploymentPhase;
  /** The words users see. */
  phase: string | null;
  error: string | null;
  error_code: string | null;
  hint: string | null;
  warnings: string | null;
  created_at: number;
  updated_at: number;
  /** Name of the deployer, for people. */
  deployed_by: string;
  subject_id: string;
  manifest_yaml: string;
  infrastructure_target: string;
  job_type_version: string;
  is_force: Flag;
  no_cache: Flag;
  /** File name of the uploaded build context below `uploads/`; null: from git. */
  upload: string | null;
  /** Sealed JSON: git credentials and secret variables. */
  sealed_secrets: string | null;
  deployment_timestamp: number | null;
  commit_id: string | null;
  artifact_key: string | null;
  /** JSON of what a launch needs, without secrets; see `launch-spec.ts` of lifecycle. */
  launch_spec: string | null;
  lease_owner: string | null;
  lease_epoch: number;
  lease_expires_at: number;
  /** The host that has to drive it, because its target or its upload is there; null: any. */
  host_id: Optional<string>;
  /** When somebody asked for its end. */
  cancel_requested_at: Optional<number>;
  /** What was asked for; null: a deployment of new code. */
  kind: Optional<DeploymentKind>;
  /** Of a move: where the job ran before. */
  previous_target: Optional<string>;
}

/** A build log in pieces, in order of `seq`. */
export interface BuildLogTable {
  deployment_id: string;
  seq: number;
  text: string;
}

export interface TrashJobTable {
  id: string;
  name: string;
  version: string;
  manifest_yaml: string;
  deployed_by: string | null;
  created_at: number;
  updated_at: number;
  deleted_at: number;
  deleted_by: string | null;
  status: Optional<string>;
  error: Optional<string>;
  image_tag: Optional<string>;
  last_call_at: Optional<number>;
  infrastructure_target: Optional<string>;
  job_type_version: Optional<string>;
}

export interface PublicEndpointTable {
  id: string;
  job_id: string;
  endpoint: string;
  is_active: Flag;
  approved_by: Optional<string>;
  approved_at: Optional<number>;
}

/** An endpoint that is public at every version of a family that asks for it and comes after the approval. */
export interface FamilyEndpointTable {
  family_id: string;
  /** Normalised. */
  endpoint: string;
  approved_by: string;
  approved_at: number;
}

/** An instance that no job owns, and that its target is to remove. */
export interface OrphanRemovalTable {
  instance_id: string;
  target: string;
  /** Where it lives; null: a target that every host reaches. */
  host_id: string | null;
  requested_by: string;
  requested_at: number;
}

/** What an alias of a family stands for, when it is not the highest version that matches. */
export interface VersionPinTable {
  family_id: string;
  /** `latest`, or a wildcard such as `1.x`. */
  pattern: string;
  job_id: string;
  /** What it stood for before it was pinned, for undoing; the job may be gone. */
  previous_job_id: string | null;
  pinned_by: string | null;
  pinned_at: number;
}

/** Who has called which family. */
export interface CallEdgeTable {
  subject_id: string;
  family_id: string;
  calls: number;
  last_call_at: number;
}

/** A call whose answer is fetched later; kept for pubs of Racetrack 2.36. */
export interface AsyncJobCallTable {
  id: string;
  status: string;
  started_at: number;
  ended_at: number | null;
  error: string | null;
  job_name: string;
  job_version: string;
  job_path: string;
  request_method: string;
  request_url: string;
  /** JSON object. */
  request_headers: string | null;
  request_body: string;
  response_status_code: number | null;
  /** JSON object. */
  response_headers: string | null;
  response_body: string;
  attempts: number;
  pub_instance_addr: string;
  retriable_error: Flag;
}

export interface AuditEventTable {
  id: string;
  created_at: number;
  event_type: string;
  /** JSON object. */
  properties: string;
  username_executor: string | null;
  username_subject: string | null;
  job_name: string | null;
  job_version: string | null;
  executor_subject_id: Optional<string>;
  /** JSON of what was changed, as it was and as it is. */
  before_state: Optional<string>;
  after_state: Optional<string>;
  /** Where the request came from. */
  address: Optional<string>;
}

export interface SettingTable {
  name: string;
  /** JSON. */
  value: string;
}

/** The one counter whose value orders all changes that pub must see. */
export interface FeedRevisionTable {
  id: number;
  revision: number;
}

/** Which feed record changed at which revision; the record itself is read when it is sent. */
export interface FeedChangeTable {
  revision: number;
  kind: string;
  record_id: string;
}

export interface LeaseTable {
  name: string;
  owner: string;
  epoch: number;
  expires_at: number;
}

/** A control process, known to the others while its heartbeat has not expired. */
export interface ControlReplicaTable {
  /** The owner id of its leases. */
  id: string;
  host_id: string;
  hostname: string;
  pid: number;
  started_at: number;
  expires_at: number;
  /** The revision that every pub connected to it has acknowledged. */
  acknowledged_revision: number | null;
}

/** The pubs of one replica have finished their calls to a draining instance. */
export interface InstanceDrainTable {
  instance_id: string;
  replica_id: string;
}

/** The block of user ids for jobs on one host. */
export interface UidRangeTable {
  host_id: string;
  first_uid: number;
  size: number;
  /** Where the search for a free one begins, so that a number comes back as late as possible. */
  next_uid: number;
}

export interface UidAllocationTable {
  host_id: string;
  uid: number;
  job_name: string;
  job_version: string;
  created_at: number;
}

export interface Database {
  meta: MetaTable;
  user: UserTable;
  subject: SubjectTable;
  esc: EscTable;
  token: TokenTable;
  permission: PermissionTable;
  job_family: JobFamilyTable;
  job: JobTable;
  instance: InstanceTable;
  deployment: DeploymentTable;
  build_log: BuildLogTable;
  trash_job: TrashJobTable;
  public_endpoint: PublicEndpointTable;
  family_endpoint: FamilyEndpointTable;
  orphan_removal: OrphanRemovalTable;
  version_pin: VersionPinTable;
  call_edge: CallEdgeTable;
  async_job_call: AsyncJobCallTable;
  audit_event: AuditEventTable;
  setting: SettingTable;
  feed_revision: FeedRevisionTable;
  feed_change: FeedChangeTable;
  lease: LeaseTable;
  control_replica: ControlReplicaTable;
  instance_drain: InstanceDrainTable;
  uid_range: UidRangeTable;
  uid_allocation: UidAllocationTable;
  plugin_archive: PluginArchiveTable;
  plugin_archive_part: PluginArchivePartTable;
  plugin_package: PluginPackageTable;
  plugin_config: PluginConfigTable;
  removed_plugin: RemovedPluginTable;
}
