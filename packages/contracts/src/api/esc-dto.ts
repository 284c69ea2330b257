import { z } from 'zod';

/** The last second of the year 9999: whoever sends milliseconds is told so. */
const MAX_TIME = 253_402_300_799;

/** Seconds since the epoch. */
export const expiryTimeSchema = z.int().min(0).max(MAX_TIME);

/** An external service consumer (`EscDto`). */
export const escDtoSchema = z.object({ name: z.string(), id: z.string() });
export type EscDto = z.infer<typeof escDtoSchema>;

/** Without an id, or with an empty one, the server makes one. */
export const createEscPayloadSchema = z.object({ name: z.string(), id: z.string().nullish() });
export type CreateEscPayload = z.infer<typeof createEscPayloadSchema>;

/** A token as its administrator sees it (`AuthTokenData`), with its text. Times are seconds since the epoch. */
export const authTokenDataSchema = z.object({
  id: z.string(),
  token: z.string(),
  expiry_time: z.int().nullable(),
  active: z.boolean(),
  last_use_time: z.int().nullable(),
});
export type AuthTokenData = z.infer<typeof authTokenDataSchema>;

export const escAuthDataSchema = escDtoSchema.extend({ tokens: z.array(authTokenDataSchema) });
export type EscAuthData = z.infer<typeof escAuthDataSchema>;

/** The key is required, as in Racetrack 2.36; `null`: never. */
export const createEscTokenPayloadSchema = z.object({ expiry_time: expiryTimeSchema.nullable() });

/** How long the former tokens work on, by default an hour, at most a year; 0: not at all. */
export const rotateEscPayloadSchema = z.strictObject({
  grace_seconds: z.int().min(0).max(31_536_000).default(3_600),
});
export type RotateEscPayload = z.input<typeof rotateEscPayloadSchema>;

export const rotatedEscDtoSchema = z.object({
  new_token: authTokenDataSchema,
  /** When the former tokens end, unless they did before: seconds since the epoch. */
  former_expiry_time: z.int(),
});
export type RotatedEscDto = z.infer<typeof rotatedEscDtoSchema>;

export const tokenTextDtoSchema = z.object({ token: z.string() });
export const newTokenDtoSchema = z.object({ new_token: z.string() });
