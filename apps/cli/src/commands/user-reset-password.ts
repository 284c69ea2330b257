import type { ResetPasswordDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ name: z.string(), remote: z.string().optional() });

/** `racetrack user reset-password`: the password alone on standard output. */
export const userResetPasswordCommand = defineCommand<z.infer<typeof inputSchema>, ResetPasswordDto>({
  input: inputSchema,
  async run(context, { name, remote }) {
    const { client } = await openSession(context, remote);
    const reset = await client.resetPassword(name, { signal: context.io.signal });
    context.log.info(`The new password of ${name}, shown this once; all former tokens are revoked:`);
    return reset;
  },
  render: ({ password }) => `${password}\n`,
});
