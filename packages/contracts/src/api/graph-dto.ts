import { z } from 'zod';

const nodeSchema = z.object({
  id: z.string(),
  type: z.enum(['esc', 'job-family']),
  title: z.string(),
  subtitle: z.string(),
});

/** Who may call whom; the fields after the first two are ours, and there when observed calls were asked for. */
const edgeSchema = z.object({
  from_id: z.string(),
  to_id: z.string(),
  /** Whether a permission allows it today. */
  permitted: z.boolean().optional(),
  /** Whether it has ever happened. */
  observed: z.boolean().optional(),
  calls: z.int().optional(),
  /** Seconds since the epoch. */
  last_call_time: z.int().nullable().optional(),
});

/** The dependency graph of job families and external services. */
export const jobGraphDtoSchema = z.object({ nodes: z.array(nodeSchema), edges: z.array(edgeSchema) });
export type JobGraphDto = z.infer<typeof jobGraphDtoSchema>;
