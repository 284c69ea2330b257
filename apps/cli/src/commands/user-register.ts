import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { readPasswords } from '../input/read-passwords.ts';
import { openRemote } from '../remote/open-session.ts';
import { announceRemote } from '../remote/select-remote.ts';

const inputSchema = z.object({ name: z.string().min(1), remote: z.string().optional() });

/** `racetrack user register`: for whoever has no account yet, so without a token. */
export const userRegisterCommand = defineCommand<z.infer<typeof inputSchema>, { readonly username: string }>({
  input: inputSchema,
  async run(context, { name: username, remote: option }) {
    const { client, remote } = await openRemote(context, option);
    announceRemote(context.log, remote);
    const [password = ''] = await readPasswords(context.io, [
      { prompt: `Choose a password for ${username}`, isNew: true },
    ]);
    await client.register({ username, password }, { signal: context.io.signal });
    return { username };
  },
  render: ({ username }) =>
    `${username} is registered. An administrator lets it in: racetrack user activate ${username}\n`,
});
