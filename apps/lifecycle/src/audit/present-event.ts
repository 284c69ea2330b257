import { z } from 'zod';
import type { AuditEventDto, AuditLogEntryDto } from '@racetrack-platform/contracts';
import { fromJson, type AuditEventRow } from '@racetrack-platform/db';
import { explainAudit } from './explain-audit.ts';

const objectSchema = z.record(z.string(), z.unknown());

/** An event as clients of Racetrack 2.36 know it. */
export function presentEvent(row: AuditEventRow): AuditEventDto {
  return {
    id: row.id,
    version: 1,
    timestamp: Math.floor(row.created_at / 1_000),
    event_type: row.event_type,
    properties: parseObject(row.properties) ?? {},
    username_executor: row.username_executor,
    username_subject: row.username_subject,
    job_name: row.job_name,
    job_version: row.job_version,
  };
}

/** An event of the whole log; `isWhole` adds what only staff may know. */
export function presentEntry(row: AuditEventRow, isWhole: boolean): AuditLogEntryDto {
  const event = presentEvent(row);
  const entry = { ...event, explanation: explainAudit(event) };
  if (!isWhole) return entry;
  return {
    ...entry,
    executor_subject_id: row.executor_subject_id,
    before: parseObject(row.before_state),
    after: parseObject(row.after_state),
    address: row.address,
  };
}

/** What cannot be read any more harms only itself. */
function parseObject(text: string | null): Record<string, unknown> | null {
  if (text === null) return null;
  try {
    return objectSchema.parse(fromJson(text));
  } catch {
    return null;
  }
}
