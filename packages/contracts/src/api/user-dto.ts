import { z } from 'zod';

/** An account as administrators see it. Times are seconds since the epoch. */
export const userDtoSchema = z.object({
  username: z.string(),
  email: z.string().nullable(),
  is_active: z.boolean(),
  is_staff: z.boolean(),
  create_time: z.int(),
  last_login_time: z.int().nullable(),
});
export type UserDto = z.infer<typeof userDtoSchema>;

/** What is left out stays as it is. */
export const changeUserPayloadSchema = z.strictObject({
  is_active: z.boolean().optional(),
  is_staff: z.boolean().optional(),
});
export type ChangeUserPayload = z.infer<typeof changeUserPayloadSchema>;

/** Shown once: the server keeps a hash of it alone. */
export const resetPasswordDtoSchema = z.object({ username: z.string(), password: z.string() });
export type ResetPasswordDto = z.infer<typeof resetPasswordDtoSchema>;
