import { z } from 'zod';

/** Where one instance of a job listens. */
export const addressSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('unix'), path: z.string() }),
  z.object({ kind: z.literal('tcp'), host: z.string(), port: z.number().int() }),
]);
export type Address = z.infer<typeof addressSchema>;
