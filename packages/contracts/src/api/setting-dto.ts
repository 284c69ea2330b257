import { z } from 'zod';

/** Longest message of maintenance mode, in characters. */
const MAX_MESSAGE_LENGTH = 500;

/** Maintenance mode (ours): while it is on, jobs are neither changed nor called. */
export const maintenanceDtoSchema = z.object({
  enabled: z.boolean(),
  /** Shown to those who are refused, after the standing text; null: none. */
  message: z.string().nullable(),
});
export type MaintenanceDto = z.infer<typeof maintenanceDtoSchema>;

export const maintenancePayloadSchema = z.strictObject({
  enabled: z.boolean(),
  message: z
    .string()
    .trim()
    .max(MAX_MESSAGE_LENGTH)
    // Line breaks and the like have no place in headers, logs and terminals.
    .refine((text) => !/\p{Cc}/u.test(text), 'control characters are not allowed')
    .nullish(),
});
