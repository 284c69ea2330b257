import { randomUUID } from 'node:crypto';
import { createAuditRepository, toJson, type StoreTransaction } from '@racetrack-platform/db';
import { failpoint } from '@racetrack-platform/failpoints';

/** Names of Racetrack 2.36. */
type KnownEventType =
  | 'job_deployed'
  | 'job_redeployed'
  | 'job_deleted'
  | 'job_moved'
  | 'deployment_failed'
  | 'plugin_installed'
  | 'plugin_uninstalled';

/** Ours: the original did not write these down. */
type OwnEventType =
  | 'deployment_cancelled'
  | 'manifest_edited'
  | 'version_pinned'
  | 'version_unpinned'
  | 'public_endpoint_approved'
  | 'public_endpoint_withdrawn'
  | 'public_endpoint_carried_over'
  | 'permission_granted'
  | 'permission_revoked'
  | 'user_registered'
  | 'user_changed'
  | 'password_changed'
  | 'password_reset'
  | 'signed_in'
  | 'sign_in_refused'
  | 'token_created'
  | 'token_revoked'
  | 'token_regenerated'
  | 'esc_created'
  | 'esc_deleted'
  | 'keys_rotated'
  | 'setting_changed'
  | 'record_created'
  | 'record_changed'
  | 'record_deleted'
  | 'job_adopted'
  | 'orphan_removed'
  | 'jobs_reconciled'
  | 'plugin_configured'
  | 'plugin_action_run'
  | 'plugin_pinned'
  | 'plugin_unpinned';

export type AuditEventType = KnownEventType | OwnEventType;

export interface AuditEvent {
  readonly eventType: AuditEventType;
  /** Name of the one who did it. */
  readonly executor: string | null;
  /** Its subject, where a request was authenticated. */
  readonly executorSubjectId?: string | null | undefined;
  /** Address that the request came from. */
  readonly address?: string | null | undefined;
  /** Name of the one it was done to, such as the previous deployer. */
  readonly subject?: string | null | undefined;
  readonly jobName?: string | null | undefined;
  readonly jobVersion?: string | null | undefined;
  /** Of a plugin: `plugin_name` and `plugin_version`; of others what their explanation needs. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
  /** What was changed, as it was and as it is; never a secret, not even a hash of one. */
  readonly before?: Readonly<Record<string, unknown>> | undefined;
  readonly after?: Readonly<Record<string, unknown>> | undefined;
}

/** Writes an event into the audit log, in the transaction of what it tells about. */
export async function recordAudit(trx: StoreTransaction, event: AuditEvent): Promise<void> {
  failpoint('before-audit-entry');
  await createAuditRepository(trx.db).insert({
    id: randomUUID(),
    created_at: Date.now(),
    event_type: event.eventType,
    properties: toJson(event.properties ?? {}),
    username_executor: event.executor,
    username_subject: event.subject ?? null,
    job_name: event.jobName ?? null,
    job_version: event.jobVersion ?? null,
    executor_subject_id: event.executorSubjectId ?? null,
    before_state: event.before === undefined ? null : toJson(event.before),
    after_state: event.after === undefined ? null : toJson(event.after),
    address: event.address ?? null,
  });
  failpoint('after-audit-entry');
}
