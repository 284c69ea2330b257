import { z } from 'zod';

/** Addresses that a role answers at, as users type them. */
export const endpointsSchema = z.partialRecord(z.enum(['lifecycle', 'dashboard', 'pub']), z.url());

export type Endpoints = z.infer<typeof endpointsSchema>;

/** What a child tells the launcher over the IPC channel. */
export const childMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready'), endpoints: endpointsSchema }),
  z.object({
    type: z.literal('fatal'),
    message: z.string(),
    hint: z.string().nullish(),
    exitCode: z.int().min(1).max(125).default(1),
    /** True when another start may succeed without anybody's help, as with a database that is away. */
    retryable: z.boolean().default(false),
  }),
  z.object({ type: z.literal('notice'), text: z.string() }),
]);

export type ChildMessage = z.infer<typeof childMessageSchema>;

/** What the launcher tells a child: finish gracefully, then exit with 0. */
export const SHUTDOWN_MESSAGE = { type: 'shutdown' } as const;
