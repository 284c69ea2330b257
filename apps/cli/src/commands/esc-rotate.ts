import type { RotatedEscDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  id: z.string(),
  grace: z.coerce.number().int().min(0).optional(),
  remote: z.string().optional(),
});

/** `racetrack esc rotate`: the new token alone on standard output. */
export const escRotateCommand = defineCommand<z.infer<typeof inputSchema>, RotatedEscDto>({
  input: inputSchema,
  async run(context, { id, grace, remote }) {
    const { client } = await openSession(context, remote);
    const rotated = await client.rotateEsc(id, grace, { signal: context.io.signal });
    const end = new Date(rotated.former_expiry_time * 1_000).toISOString();
    context.log.info(`The former tokens of ${id} end at ${end}. The new one:`);
    return rotated;
  },
  render: ({ new_token }) => `${new_token.token}\n`,
});
