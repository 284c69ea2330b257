import type { CreatedTokenDto } from '@racetrack-platform/contracts';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';

const SECONDS_PER_DAY = 86_400;

const inputSchema = z.object({
  name: z.string(),
  days: z.coerce.number().positive().max(36_500).optional(),
  remote: z.string().optional(),
});

/** `racetrack token create`: the token alone on standard output. */
export const tokenCreateCommand = defineCommand<z.infer<typeof inputSchema>, CreatedTokenDto>({
  input: inputSchema,
  async run(context, { name, days, remote }) {
    const { client } = await openSession(context, remote);
    const now = context.io.nowMs() / 1_000;
    const expiry_time = days === undefined ? null : Math.ceil(now + days * SECONDS_PER_DAY);
    const created = await client.createToken({ name, expiry_time }, { signal: context.io.signal });
    context.log.info(`The token ${created.name}, shown this once:`);
    return created;
  },
  render: ({ token }) => `${token}\n`,
});
