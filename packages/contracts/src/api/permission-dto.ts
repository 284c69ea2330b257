import { z } from 'zod';
import { scopeSchema } from '../authorization/scopes.ts';
import { jobDtoSchema } from './job-dto.ts';

/** `user:alice`, `esc:shop` or `job-family:adder`. */
const subjectText = z.string().min(1).max(300);
const name = z.string().min(1).max(200);
const exactJobSchema = z.strictObject({ name, version: name });

/** A grant as the API shows it. What is null is not narrowed. */
export const permissionDtoSchema = z.object({
  id: z.string(),
  /** Short name of the grant, for people. */
  number: z.int().nullable(),
  subject: z.string(),
  /** What an external service is called, of which `subject` gives the id; of the others the name in `subject`. */
  subject_name: z.string().optional(),
  scope: scopeSchema,
  family: z.string().nullable(),
  job: z.object({ name: z.string(), version: z.string() }).nullable(),
  endpoint: z.string().nullable(),
  /** Whole seconds since the epoch. */
  create_time: z.int(),
});
export type PermissionDto = z.infer<typeof permissionDtoSchema>;

/** A grant to be given. */
export const permissionPayloadSchema = z.strictObject({
  subject: subjectText,
  scope: scopeSchema,
  family: name.nullish(),
  job: exactJobSchema.nullish(),
  endpoint: z.string().min(1).max(500).nullish(),
});
export type PermissionPayload = z.infer<typeof permissionPayloadSchema>;

/** Which grants to list; without a subject, all that the asker may see. */
export const permissionQuerySchema = z.object({
  subject: subjectText.optional(),
  family: name.optional(),
  /** `NAME/VERSION`. */
  job: z.string().max(401).optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
  offset: z.coerce.number().int().min(0).default(0),
});
export type PermissionQuery = Partial<z.infer<typeof permissionQuerySchema>>;

/** What to explain: may the subject use the scope, on nothing in particular, on a family, or on a job? */
export const explanationQuerySchema = z.object({
  /** The asker, when left out. */
  subject: subjectText.optional(),
  scope: scopeSchema,
  /** `NAME/VERSION`, where the version may be an alias; `NAME` alone is the family. */
  job: z.string().min(1).max(401).optional(),
  endpoint: z.string().max(500).optional(),
});
export type ExplanationQuery = z.input<typeof explanationQuerySchema>;

/** Why something is allowed or not. */
export const explanationDtoSchema = z.object({
  subject: z.string(),
  scope: scopeSchema,
  family: z.string().nullable(),
  /** With the exact version, for those who may know it. */
  job: z.object({ name: z.string(), version: z.string() }).nullable(),
  endpoint: z.string().nullable(),
  allowed: z.boolean(),
  /** What decided. */
  rule: z.enum(['grant', 'open_endpoint', 'public_endpoint', 'no_grant', 'inactive_subject', 'no_such_job']),
  /** The same in words. */
  reason: z.string(),
  /** The grant that allows it. */
  grant: permissionDtoSchema.nullable(),
  /** The narrowest grant that would allow it. */
  missing: z
    .object({
      subject: z.string(),
      scope: scopeSchema,
      family: z.string().nullable(),
      job: z.object({ name: z.string(), version: z.string() }).nullable(),
      endpoint: z.string().nullable(),
    })
    .nullable(),
  /** Who can give it; some of them, when there are many. */
  can_be_given_by: z.array(z.string()),
  /** The command to give it with. */
  command: z.string().nullable(),
});
export type ExplanationDto = z.infer<typeof explanationDtoSchema>;

/** Answer to whether somebody may call a job, as gateways of Racetrack 2.36 read it. */
export const callPermitDtoSchema = z.object({
  job: jobDtoSchema,
  /** `User x`, `ESC x` or `Job family x`; null where no token is needed. */
  caller: z.string().nullable(),
  remote_gateway_url: z.string().nullable(),
  remote_gateway_token: z.string().nullable(),
});
export type CallPermitDto = z.infer<typeof callPermitDtoSchema>;

export const jobFamilyDtoSchema = z.object({ name: z.string(), id: z.string() });
export type JobFamilyDto = z.infer<typeof jobFamilyDtoSchema>;

/** `PublicEndpointRequestDto` of Racetrack 2.36. */
export const publicEndpointDtoSchema = z.object({
  job_name: z.string(),
  job_version: z.string(),
  endpoint: z.string(),
  active: z.boolean(),
});
export type PublicEndpointDto = z.infer<typeof publicEndpointDtoSchema>;

/** The same with who opened it, and when (whole seconds since the epoch). */
export const publicEndpointRequestDtoSchema = publicEndpointDtoSchema.extend({
  approved_by: z.string().nullable(),
  approve_time: z.int().nullable(),
  /** Whether new versions of the family that ask for the very same endpoint get it open. */
  for_family: z.boolean(),
});
export type PublicEndpointRequestDto = z.infer<typeof publicEndpointRequestDtoSchema>;

/** Opens or closes an endpoint that a manifest asks to be public. */
export const publicEndpointPayloadSchema = z.strictObject({
  endpoint: z.string().min(1).max(500),
  active: z.boolean(),
  /** Opening: for the versions to come, too. Closing: for those, and at every version that there is. */
  for_family: z.boolean().default(false),
});

/** An endpoint that new versions of a family get open when they ask for it. */
export const familyEndpointDtoSchema = z.object({
  family: z.string(),
  endpoint: z.string(),
  approved_by: z.string(),
  /** Whole seconds since the epoch. */
  approve_time: z.int(),
});
export type FamilyEndpointDto = z.infer<typeof familyEndpointDtoSchema>;
