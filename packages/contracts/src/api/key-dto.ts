import { z } from 'zod';

/** `auth` signs tokens, `secrets` seals what is secret in the store. */
export const keyNameSchema = z.enum(['auth', 'secrets']);

/** A key of the store, without the key. */
export const keyDtoSchema = z.object({
  name: keyNameSchema,
  /** Tells keys apart, and gives nothing away. */
  fingerprint: z.string(),
  /** A key from the environment can only be replaced by whoever put it there. */
  source: z.enum(['file', 'environment']),
  /** Since when its file is there, seconds since the epoch: made, or restored. Null when it is not known. */
  made_at: z.int().nullable(),
});
export type KeyDto = z.infer<typeof keyDtoSchema>;

/** The fingerprint of the key that is to go: whoever sends a request twice does not replace it twice. */
export const rotateKeyPayloadSchema = z.strictObject({ fingerprint: z.string().min(1).max(64) });

export const rotatedKeyDtoSchema = z.object({
  key: keyDtoSchema,
  former_fingerprint: z.string(),
  /** How many tokens were signed anew, or texts sealed anew. */
  count: z.int(),
  /** What is to be done now, one sentence each. */
  advice: z.array(z.string()),
});
export type RotatedKeyDto = z.infer<typeof rotatedKeyDtoSchema>;
