import { scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../../command/define-command.ts';
import { openRemote } from '../../remote/open-session.ts';

const inputSchema = z.object({ quiet: z.boolean().default(false), remote: z.string().optional() });

/** `racetrack get remote`: a sentence on a terminal, the URL alone when piped. */
export const getRemoteCommand = defineCommand({
  input: inputSchema,
  async run(context, input: z.infer<typeof inputSchema>) {
    const { remote } = await openRemote(context, input.remote);
    return { name: remote.name, url: remote.url };
  },
  render({ name, url }, { io }, { quiet }) {
    if (quiet || !io.stdout.isTerminal) return `${url}\n`;
    if (name === url) return `Current remote is "${scrub(url)}"\n`;
    return `Current remote is "${scrub(name)}", resolving to ${scrub(url)}\n`;
  },
});
