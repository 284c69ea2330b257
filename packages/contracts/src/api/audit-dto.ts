import { z } from 'zod';
import { auditEventDtoSchema } from './account-dto.ts';

const stateSchema = z.record(z.string(), z.unknown()).nullable();

/** An entry of the whole audit log (ours): with its explanation, and for staff what changed and where from. */
export const auditLogEntryDtoSchema = auditEventDtoSchema.extend({
  explanation: z.string(),
  executor_subject_id: z.string().nullable().optional(),
  before: stateSchema.optional(),
  after: stateSchema.optional(),
  address: z.string().nullable().optional(),
});
export type AuditLogEntryDto = z.infer<typeof auditLogEntryDtoSchema>;

/** One page of the audit log, the newest first (ours). */
export const auditLogPageDtoSchema = z.object({
  events: z.array(auditLogEntryDtoSchema),
  /** To be sent as `cursor` for the next page; null: this was the last one. */
  next_cursor: z.string().nullable(),
});
export type AuditLogPageDto = z.infer<typeof auditLogPageDtoSchema>;
