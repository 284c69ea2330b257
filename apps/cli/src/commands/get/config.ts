import { scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../../command/define-command.ts';
import type { ClientConfig } from '../../config-file/client-config.ts';
import { loadConfig, renderConfig } from '../../config-file/config-file.ts';

const MASK = '***';

const inputSchema = z.object({ showSecrets: z.boolean().default(false) });

/** `racetrack get config`: made to be looked at and shared, so secrets are masked unless asked for. */
export const getConfigCommand = defineCommand({
  input: inputSchema,
  async run(context, { showSecrets }: z.infer<typeof inputSchema>) {
    const { configPath } = await context.settings();
    const config = await loadConfig(context, configPath);
    context.log.info(`# ${configPath}`);
    return showSecrets ? config : maskSecrets(config);
  },
  render: (config) => renderConfig(config),
});

function maskSecrets(config: ClientConfig): ClientConfig {
  return {
    ...config,
    lifecycle_url: scrub(config.lifecycle_url),
    user_auths: mapValues(config.user_auths, () => MASK),
    git_credentials: mapValues(config.git_credentials, ({ username }) => ({ username, password: MASK })),
  };
}

function mapValues<In, Out>(record: Record<string, In>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [scrub(key), map(value)]));
}
