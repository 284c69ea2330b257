import { z } from 'zod';
import { defineCommand } from '../../command/define-command.ts';
import { updateConfig } from '../../config-file/config-file.ts';
import { trimRepositoryUrl } from '../../git/git-credentials.ts';
import { resolveRemote } from '../../remote/resolve-remote.ts';

const inputSchema = z.object({ alias: z.string().min(1), racetrackUrl: z.string().trim().min(1) });

/** `racetrack set alias`. */
export const setAliasCommand = defineCommand({
  input: inputSchema,
  async run(context, { alias, racetrackUrl }: z.infer<typeof inputSchema>) {
    const url = trimRepositoryUrl(racetrackUrl);
    // Checked now, so that a typing error does not wait until the alias is used.
    resolveRemote(url, {});
    const { configPath } = await context.settings();
    await updateConfig(context, configPath, (config) => ({
      ...config,
      lifecycle_url_aliases: { ...config.lifecycle_url_aliases, [alias]: url },
    }));
    context.log.info(`Alias "${alias}" set to Racetrack URL ${url}`);
    return { alias, url };
  },
  render: () => '',
});
