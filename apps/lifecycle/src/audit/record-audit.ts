import { randomUUID } from 'node:crypto';
import { createAuditRepository, toJson, type StoreTransaction } from '@racetrack-platform/db';
import { failpoint } from '@racetrack-platform/failpoints';

/** What gets into the audit log; the names are those of Racetrack 2.36, but for the cancelling, which is ours. */
export type AuditEventType =
  | 'job_deployed'
  | 'job_redeployed'
  | 'job_deleted'
  | 'job_moved'
  | 'deployment_failed'
  | 'deployment_cancelled'
  | 'plugin_installed'
  | 'plugin_uninstalled';

export interface AuditEvent {
  readonly eventType: AuditEventType;
  /** Name of the one who did it. */
  readonly executor: string | null;
  /** Name of the one it was done to, such as the previous deployer. */
  readonly subject?: string | null | undefined;
  readonly jobName?: string | null | undefined;
  readonly jobVersion?: string | null | undefined;
  /** Of a plugin: `plugin_name` and `plugin_version`. */
  readonly properties?: Readonly<Record<string, unknown>> | undefined;
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
  });
  failpoint('after-audit-entry');
}
