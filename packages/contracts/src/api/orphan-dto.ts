import { z } from 'zod';

/** An instance that runs, or has run, on a target, and that no job owns. Ours. */
export const orphanDtoSchema = z.object({
  /** Its id on the target. */
  instance: z.string(),
  target: z.string(),
  /** What it was launched as; null: the target does not say. */
  job_name: z.string().nullable(),
  job_version: z.string().nullable(),
  deployed_by: z.string().nullable(),
  state: z.enum(['running', 'exited']),
  /** Since when it runs: seconds since the epoch. */
  start_time: z.int(),
  adoptable: z.boolean(),
  /** Why it cannot be adopted, or what is known to be missing if it is. */
  reason: z.string().nullable(),
  /** Somebody had it removed, which is not done yet. */
  being_removed: z.boolean(),
});
export type OrphanDto = z.infer<typeof orphanDtoSchema>;

export const orphanListDtoSchema = z.object({
  /** By target, then the oldest first. */
  orphans: z.array(orphanDtoSchema),
  /** Targets that could not be asked now. */
  unreachable_targets: z.array(z.string()),
});
export type OrphanListDto = z.infer<typeof orphanListDtoSchema>;
