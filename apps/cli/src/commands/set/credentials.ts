import { scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../../command/define-command.ts';
import { updateConfig } from '../../config-file/config-file.ts';
import { trimRepositoryUrl } from '../../git/git-credentials.ts';
import { readSecretArgument } from '../../input/read-secret-argument.ts';

const inputSchema = z.object({
  repoUrl: z.string().trim().min(1),
  username: z.string(),
  tokenPassword: z.string(),
});

/** `racetrack set credentials`. */
export const setCredentialsCommand = defineCommand({
  input: inputSchema,
  async run(context, { repoUrl, username, tokenPassword }: z.infer<typeof inputSchema>) {
    const url = trimRepositoryUrl(repoUrl);
    const password = await readSecretArgument(context.io, tokenPassword);
    const { configPath } = await context.settings();
    await updateConfig(context, configPath, (config) => ({
      ...config,
      git_credentials: { ...config.git_credentials, [url]: { username, password } },
    }));
    context.log.info(`git credentials added for repo: ${scrub(url)}`);
    return { repo_url: scrub(url), username };
  },
  render: () => '',
});
