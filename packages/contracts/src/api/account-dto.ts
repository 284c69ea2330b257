import { z } from 'zod';

export const userProfileDtoSchema = z.object({
  username: z.string(),
  token: z.string(),
  is_staff: z.boolean(),
});
export type UserProfileDto = z.infer<typeof userProfileDtoSchema>;

export const loginPayloadSchema = z.object({ username: z.string(), password: z.string() });
export type LoginPayload = z.infer<typeof loginPayloadSchema>;

export const changePasswordPayloadSchema = z.object({ old_password: z.string(), new_password: z.string() });
export type ChangePasswordPayload = z.infer<typeof changePasswordPayloadSchema>;

export const infoDtoSchema = z.object({
  service: z.string(),
  git_version: z.string(),
  docker_tag: z.string(),
  auth_required: z.boolean(),
  external_pub_url: z.string(),
  lifecycle_url: z.string(),
  grafana_url: z.string(),
});
export type InfoDto = z.infer<typeof infoDtoSchema>;

/** An entry of the audit log (`AuditLogEventDto`). */
export const auditEventDtoSchema = z.object({
  id: z.string(),
  version: z.int(),
  timestamp: z.int(),
  event_type: z.string(),
  properties: z.record(z.string(), z.unknown()),
  username_executor: z.string().nullable(),
  username_subject: z.string().nullable(),
  job_name: z.string().nullable(),
  job_version: z.string().nullable(),
});
export type AuditEventDto = z.infer<typeof auditEventDtoSchema>;

/** Body of a failed answer, as a client should read it: only `error` is certain. */
export const wireErrorSchema = z.object({
  error: z.string(),
  code: z.string().optional(),
  hint: z.string().nullish(),
  request_id: z.string().nullish(),
});
