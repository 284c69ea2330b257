import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { readPasswords } from '../input/read-passwords.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({ remote: z.string().optional() });

/** `racetrack user change-password`: of the account whose token is used. */
export const userChangePasswordCommand = defineCommand<
  z.infer<typeof inputSchema>,
  { readonly changed: true }
>({
  input: inputSchema,
  async run(context, { remote }) {
    const { client } = await openSession(context, remote);
    const [former = '', password = ''] = await readPasswords(context.io, [
      { prompt: 'Your password of now' },
      { prompt: 'Your new password', isNew: true },
    ]);
    const change = { old_password: former, new_password: password };
    await client.changePassword(change, { signal: context.io.signal });
    return { changed: true };
  },
  render: () => 'Your password is changed. Your tokens work on: racetrack token list\n',
});
