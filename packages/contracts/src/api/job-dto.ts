import { z } from 'zod';

/** Status of a job as clients know it. */
export const jobStatusSchema = z.enum(['starting', 'running', 'error', 'orphaned', 'lost', 'unknown']);
export type JobStatus = z.infer<typeof jobStatusSchema>;

/** A job as the API shows it (reference of Racetrack 2.36, `JobDto`). Times are whole seconds since the epoch. */
export const jobDtoSchema = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  status: jobStatusSchema,
  create_time: z.int(),
  update_time: z.int(),
  manifest: z.record(z.string(), z.unknown()).nullable(),
  manifest_yaml: z.string().nullable(),
  internal_name: z.string().nullable(),
  pub_url: z.string().nullable(),
  error: z.string().nullable(),
  notice: z.string().nullable(),
  image_tag: z.string().nullable(),
  deployed_by: z.string().nullable(),
  last_call_time: z.int().nullable(),
  infrastructure_target: z.string().nullable(),
  replica_internal_names: z.array(z.string()),
  job_type_version: z.string(),
  infrastructure_stats: z.record(z.string(), z.unknown()),
  /** Aliases that are pinned to this version, such as `latest`; ours. */
  pinned_as: z.array(z.string()),
});
export type JobDto = z.infer<typeof jobDtoSchema>;

/** Body of `PUT /api/v1/job/{name}/{version}/manifest`. */
export const editManifestPayloadSchema = z.object({ manifest_yaml: z.string().max(1_000_000) });

export const logsDtoSchema = z.object({ logs: z.string() });
export type LogsDto = z.infer<typeof logsDtoSchema>;
