import { z } from 'zod';
import { defineCommand } from '../../command/define-command.ts';
import { openSession } from '../../remote/open-session.ts';

const inputSchema = z.object({ remote: z.string().optional() });

/** `racetrack get auth-token`: made for `$(racetrack get auth-token)`; an empty line when the server needs none. */
export const getAuthTokenCommand = defineCommand({
  input: inputSchema,
  async run(context, input: z.infer<typeof inputSchema>) {
    const { token } = await openSession(context, input.remote);
    return { token };
  },
  render: ({ token }) => `${token}\n`,
});
