import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../../command/define-command.ts';
import { openRemote } from '../../remote/open-session.ts';

const inputSchema = z.object({ quiet: z.boolean().default(false), remote: z.string().optional() });

/** `racetrack get pub`: a sentence on a terminal, the URL alone when piped. */
export const getPubCommand = defineCommand({
  input: inputSchema,
  async run(context, input: z.infer<typeof inputSchema>) {
    const { client } = await openRemote(context, input.remote);
    const info = await client.info({ signal: context.io.signal });
    if (info.external_pub_url !== undefined && info.external_pub_url !== '')
      return { url: info.external_pub_url };
    throw new PlatformError('NOT_FOUND', 'Pub URL is not specified by the Racetrack server', {
      hint: 'Ask the administrator to set the external URL of Pub.',
    });
  },
  render: ({ url }, { io }, { quiet }) =>
    quiet || !io.stdout.isTerminal ? `${url}\n` : `Current Pub URL is: ${url}\n`,
});
