import { PlatformError, scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { updateConfig } from '../config-file/config-file.ts';
import { TOKEN_PATTERN } from '../config.ts';
import { readPasswords } from '../input/read-passwords.ts';
import { readSecretArgument } from '../input/read-secret-argument.ts';
import { connect, openRemote } from '../remote/open-session.ts';
import { announceRemote } from '../remote/select-remote.ts';
import { withToken } from '../remote/stored-tokens.ts';

const inputSchema = z.object({
  token: z.string().optional(),
  username: z.string().min(1).optional(),
  remote: z.string().optional(),
});
type LoginInput = z.infer<typeof inputSchema>;

interface LoginResult {
  readonly username: string;
  readonly remote: string;
}

/** `racetrack login`: a token is stored only after the server accepted it. */
export const loginCommand = defineCommand<LoginInput, LoginResult>({
  input: inputSchema,
  async run(context, input) {
    const { log } = context;
    if (input.token === undefined && input.username === undefined) {
      throw new PlatformError('USAGE', 'Use either auth token or username', {
        hint: 'racetrack login <token>, or racetrack login --username <name>',
      });
    }
    const { remote } = await openRemote(context, input.remote);
    announceRemote(log, remote);
    const { token, username } = await authenticate(context, remote.url, input);
    const settings = await context.settings();
    await updateConfig(context, settings.configPath, (config) => withToken(config, remote.url, token));
    log.info(`Logged as user ${username} to Racetrack: ${scrub(remote.url)}`);
    if (settings.token !== undefined)
      log.warn('RACETRACK_TOKEN is set and is used instead of the stored token');
    return { username, remote: scrub(remote.url) };
  },
  render: () => '',
});

async function authenticate(
  context: CommandContext,
  url: string,
  { token: argument, username }: LoginInput,
): Promise<{ token: string; username: string }> {
  const { signal } = context.io;
  if (argument === undefined) return await authenticateByPassword(context, url, username ?? '');
  const token = (await readSecretArgument(context.io, argument)).trim();
  if (!TOKEN_PATTERN.test(token)) {
    throw new PlatformError(
      'USAGE',
      'this is not a token: it is empty or contains characters that cannot be sent',
    );
  }
  try {
    const account = await connect(context, url, token).validateUser({ signal });
    return { token, username: account.username };
  } catch (error) {
    throw explainDenial(
      error,
      'Invalid Auth Token',
      'Copy it whole; without it, log in with your password: racetrack login --username NAME.',
    );
  }
}

async function authenticateByPassword(
  context: CommandContext,
  url: string,
  username: string,
): Promise<{ token: string; username: string }> {
  const [password = ''] = await readPasswords(context.io, [
    { prompt: `Enter your password for user ${username}` },
  ]);
  try {
    const account = await connect(context, url, undefined).login(
      { username, password },
      { signal: context.io.signal },
    );
    return { token: account.token, username: account.username };
  } catch (error) {
    throw explainDenial(error, 'Incorrect username or password', 'Try again.');
  }
}

function explainDenial(error: unknown, text: string, hint: string): unknown {
  if (!PlatformError.is(error) || error.code !== 'NOT_AUTHENTICATED') return error;
  return new PlatformError('NOT_AUTHENTICATED', `authentication error: ${text}`, { cause: error, hint });
}
