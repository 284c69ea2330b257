import { z } from 'zod';
import { defineCommand } from '../../command/define-command.ts';
import { updateConfig } from '../../config-file/config-file.ts';
import { resolveRemote } from '../../remote/resolve-remote.ts';

const inputSchema = z.object({ remote: z.string().trim().min(1) });

/** `racetrack set remote`: stored verbatim, so that a change of an alias takes effect. */
export const setRemoteCommand = defineCommand({
  input: inputSchema,
  async run(context, { remote }: z.infer<typeof inputSchema>) {
    const { configPath } = await context.settings();
    let url = '';
    await updateConfig(context, configPath, (config) => {
      url = resolveRemote(remote, config.lifecycle_url_aliases);
      return { ...config, lifecycle_url: remote };
    });
    context.log.info(`Current remote set to "${remote}"`);
    return { remote, url };
  },
  render: () => '',
});
