import { z } from 'zod';

/** The last second of the year 9999. */
const timeSchema = z.int().min(0).max(253_402_300_799);
const headersSchema = z.record(z.string(), z.string());

/** A call whose answer is fetched later, as pubs of Racetrack 2.36 store it (`AsyncJobCallDto`). Times in seconds. */
export const asyncJobCallDtoSchema = z.object({
  id: z.string().min(1).max(256),
  status: z.enum(['ongoing', 'completed', 'failed']),
  started_at: timeSchema,
  ended_at: timeSchema.nullable(),
  error: z.string().nullable(),
  job_name: z.string(),
  job_version: z.string(),
  job_path: z.string(),
  request_method: z.string(),
  request_url: z.string(),
  request_headers: headersSchema,
  /** The bytes as the pub wrote them into a JSON string; given back as they came. */
  request_body: z.string(),
  response_status_code: z.int().nullable(),
  response_headers: headersSchema.nullable(),
  response_body: z.string(),
  attempts: z.int().min(0).max(2_147_483_647).default(0),
  pub_instance_addr: z.string(),
  retriable_error: z.boolean(),
});
export type AsyncJobCallDto = z.infer<typeof asyncJobCallDtoSchema>;
