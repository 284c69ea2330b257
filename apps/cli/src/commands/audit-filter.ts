import { z } from 'zod';

/** What `audit list` and `audit export` take alike. */
export const auditFilterShape = {
  actor: z.string().optional(),
  subject: z.string().optional(),
  type: z.string().optional(),
  job: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  remote: z.string().optional(),
};

type AuditFilterInput = z.infer<z.ZodObject<typeof auditFilterShape>>;

/** The part of the input that the server is asked for. */
export function selectAuditFilter({ actor, subject, type, job, from, to }: AuditFilterInput) {
  return { actor, subject, type, job, from, to };
}
