import { z } from 'zod';

const id = z.string().min(1).max(64);
const text = z.string();
const flag = z.boolean();
/** A time of PostgreSQL in JSON, to milliseconds of the epoch. */
const time = text.transform((value, context) => {
  // `timestamptz` shows the zone of the session, `timestamp` none: the original writes UTC.
  const ms = Date.parse(
    /(?:Z|[+-]\d\d(?::\d\d)?)$/.test(value) ? value.replace(/([+-]\d\d)$/, '$1:00') : `${value}Z`,
  );
  if (Number.isSafeInteger(ms)) return ms;
  context.addIssue({ code: 'custom', message: 'is no time' });
  return z.NEVER;
});
const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? null);

/** Rows of the original's tables, as far as they are taken over (Racetrack 2.36); what is not named here is not read. */
export const originalRows = {
  user: z.object({
    id: z.int(),
    username: text.min(1).max(150),
    password: text,
    email: maybe(text),
    first_name: maybe(text),
    last_name: maybe(text),
    is_active: flag,
    is_staff: flag,
    is_superuser: flag,
    date_joined: time,
    last_login: maybe(time),
  }),
  esc: z.object({ id, name: text.min(1) }),
  family: z.object({ id, name: text.min(1) }),
  subject: z.object({ id, user_id: maybe(z.int()), esc_id: maybe(id), job_family_id: maybe(id) }),
  token: z.object({
    id,
    auth_subject_id: id,
    token: text.min(1),
    expiry_time: maybe(time),
    active: flag,
    last_use_time: maybe(time),
  }),
  job: z.object({
    id,
    family_id: id,
    name: text.min(1),
    version: text.min(1),
    create_time: time,
    update_time: time,
    manifest: maybe(text),
    deployed_by: maybe(text),
    last_call_time: maybe(time),
    job_type_version: maybe(text),
  }),
  permission: z.object({
    id: z.int(),
    auth_subject_id: id,
    scope: text,
    job_family_id: maybe(id),
    job_id: maybe(id),
    endpoint: maybe(text),
  }),
  publicEndpoint: z.object({ id, job_id: id, endpoint: text.min(1), active: flag }),
  trashJob: z.object({
    id,
    name: text.min(1),
    version: text.min(1),
    status: maybe(text),
    create_time: time,
    update_time: time,
    delete_time: time,
    manifest: maybe(text),
    error: maybe(text),
    image_tag: maybe(text),
    deployed_by: maybe(text),
    last_call_time: maybe(time),
    infrastructure_target: maybe(text),
  }),
  setting: z.object({ name: text.min(1), value: z.json().nullish() }),
  auditEvent: z.object({
    id,
    timestamp: time,
    event_type: text.min(1),
    properties: maybe(text),
    username_executor: maybe(text),
    username_subject: maybe(text),
    job_name: maybe(text),
    job_version: maybe(text),
  }),
} as const;

export type OriginalRow<K extends keyof typeof originalRows> = z.infer<(typeof originalRows)[K]>;
