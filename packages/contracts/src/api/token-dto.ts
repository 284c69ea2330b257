import { z } from 'zod';
import { expiryTimeSchema } from './esc-dto.ts';

/** A user's token without its text. Times are seconds since the epoch. */
export const ownTokenDtoSchema = z.object({
  id: z.string(),
  /** `null`: the one that signing in answers. */
  name: z.string().nullable(),
  create_time: z.int(),
  expiry_time: z.int().nullable(),
  active: z.boolean(),
  last_use_time: z.int().nullable(),
  /** Whether the request was sent with this one. */
  is_current: z.boolean(),
});
export type OwnTokenDto = z.infer<typeof ownTokenDtoSchema>;

/** `expiry_time`: seconds since the epoch; left out or `null`: never. */
export const createTokenPayloadSchema = z.strictObject({
  name: z.string(),
  expiry_time: expiryTimeSchema.nullish(),
});
export type CreateTokenPayload = z.infer<typeof createTokenPayloadSchema>;

/** The one answer that holds the text of a named token. */
export const createdTokenDtoSchema = ownTokenDtoSchema.extend({ token: z.string() });
export type CreatedTokenDto = z.infer<typeof createdTokenDtoSchema>;
