import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ id: z.string(), remote: z.string().optional() });

/** `racetrack esc delete`. */
export const escDeleteCommand = defineCommand<z.infer<typeof inputSchema>, { id: string }>({
  input: inputSchema,
  async run(context, { id, remote }) {
    const { client } = await openSession(context, remote);
    await client.deleteEsc(id, { signal: context.io.signal });
    return { id };
  },
  render: ({ id }) => `Removed the external service ${id}\n`,
});
