import { PlatformError, scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { updateConfig } from '../config-file/config-file.ts';
import { openRemote } from '../remote/open-session.ts';
import { announceRemote } from '../remote/select-remote.ts';
import { withoutToken } from '../remote/stored-tokens.ts';

const inputSchema = z.object({ remoteArg: z.string().optional(), remote: z.string().optional() });

/** `racetrack logout`: forgets the token here; the server is not asked. */
export const logoutCommand = defineCommand({
  input: inputSchema,
  async run(context, input: z.infer<typeof inputSchema>) {
    const { remote } = await openRemote(context, input.remote ?? input.remoteArg);
    announceRemote(context.log, remote);
    const url = scrub(remote.url);
    const { configPath } = await context.settings();
    await updateConfig(context, configPath, (config) => {
      const changed = withoutToken(config, remote.url);
      if (changed !== undefined) return changed;
      throw new PlatformError('NOT_FOUND', `Missing ${url} in Racetrack logged servers`, {
        hint: 'See where you are logged in: racetrack get config.',
      });
    });
    context.log.info(`Logged out from Racetrack: ${url}`);
    return { remote: url };
  },
  render: () => '',
});
