import type { EscAuthData } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  name: z.string(),
  id: z.string().optional(),
  remote: z.string().optional(),
});

/** `racetrack esc create`: the token alone on standard output. */
export const escCreateCommand = defineCommand<z.infer<typeof inputSchema>, EscAuthData>({
  input: inputSchema,
  async run(context, { name, id, remote }) {
    const { client } = await openSession(context, remote);
    const options = { signal: context.io.signal };
    const esc = await client.createEsc({ name, ...(id !== undefined && { id }) }, options);
    context.log.info(`Added ${esc.name} with the id ${esc.id}. It may call nothing yet; its token:`);
    return await client.getEsc(esc.id, options);
  },
  render: ({ tokens }) => tokens.map(({ token }) => `${token}\n`).join(''),
});
