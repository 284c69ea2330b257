import { z } from 'zod';
import { jobDtoSchema } from './job-dto.ts';

/** A job and how much there is to be said for removing it. */
export const portfolioJobDtoSchema = jobDtoSchema.extend({
  /** Zero or more; the higher, the better a candidate. */
  purge_score: z.number(),
  /** One reason a line. */
  purge_reasons: z.string(),
  purge_newer_versions: z.int(),
  update_time_days_ago: z.number(),
  last_call_time_days_ago: z.number().nullable(),
});
export type PortfolioJobDto = z.infer<typeof portfolioJobDtoSchema>;
