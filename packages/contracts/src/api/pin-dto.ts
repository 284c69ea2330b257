import { z } from 'zod';

/** What to pin; nothing at all means `latest`. */
export const promotePayloadSchema = z
  .strictObject({ pattern: z.string().min(1).max(100).default('latest') })
  .nullish()
  .transform((payload) => payload ?? { pattern: 'latest' });
export type PromotePayload = z.input<typeof promotePayloadSchema>;

/** An alias that stands for one version, whatever is deployed. */
export const pinDtoSchema = z.object({
  /** Name of the family. */
  name: z.string(),
  /** `latest`, or a wildcard such as `1.x`. */
  pattern: z.string(),
  version: z.string(),
  /** What undoing goes back to; null: to no pin. */
  previous_version: z.string().nullable(),
  pinned_by: z.string().nullable(),
  /** Seconds since the epoch. */
  pinned_at: z.int(),
});
export type PinDto = z.infer<typeof pinDtoSchema>;
