import { z } from 'zod';
import { scopeSchema } from './scopes.ts';

/**
 * One grant. Every filled filter narrows, an empty one means "all"; nothing denies.
 * A job is named by its id, never by its version text.
 */
export const permissionSchema = z.object({
  scope: scopeSchema,
  /** Name of a job family. */
  family: z.string().nullable(),
  /** Id of a job, that is of one name and version. */
  jobId: z.string().nullable(),
  /** Path below the job's base URL, starting with `/`. */
  endpoint: z.string().nullable(),
});
export type Permission = z.infer<typeof permissionSchema>;
