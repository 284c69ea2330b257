import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ name: z.string(), remote: z.string().optional() });

interface RevokedToken {
  readonly id: string;
  readonly name: string | null;
}

/** `racetrack token revoke`: by name, or by id. */
export const tokenRevokeCommand = defineCommand<z.infer<typeof inputSchema>, RevokedToken>({
  input: inputSchema,
  async run(context, { name, remote }) {
    const { client } = await openSession(context, remote);
    const options = { signal: context.io.signal };
    const tokens = await client.listTokens(options);
    const token = tokens.find((one) => one.name === name) ?? tokens.find((one) => one.id === name);
    if (token === undefined) {
      throw new PlatformError('NOT_FOUND', 'you have no token of this name or id', {
        hint: 'List them: racetrack token list.',
      });
    }
    await client.revokeToken(token.id, options);
    return { id: token.id, name: token.name };
  },
  render: ({ id, name }) => `Revoked the token ${name ?? id}\n`,
});
