import { keyNameSchema, type RotatedKeyDto } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { confirm } from '../input/confirm.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  key: z.string(),
  yes: z.boolean().default(false),
  remote: z.string().optional(),
});
const SIGNS_OUT =
  'Replace the auth key? Every token is refused from then on, yours and those of programs and services, too.';

/** `racetrack keys rotate`: the key in force goes, whichever it is. */
export const keysRotateCommand = defineCommand<z.infer<typeof inputSchema>, RotatedKeyDto>({
  input: inputSchema,
  async run(context, { key, yes, remote }) {
    const name = keyNameSchema.safeParse(key);
    if (!name.success) {
      throw new PlatformError('USAGE', 'there are two keys, auth and secrets', {
        hint: 'auth signs tokens, secrets seals what is secret in the store.',
      });
    }
    const { client } = await openSession(context, remote);
    if (name.data === 'auth' && !yes) await confirm(context.io, SIGNS_OUT, 'nothing was replaced');
    const options = { signal: context.io.signal };
    const current = (await client.listKeys(options)).find((known) => known.name === name.data);
    return await client.rotateKey(name.data, current?.fingerprint ?? '', options);
  },
  render: ({ key, advice }, { io }) =>
    terminalSafe(
      `The ${key.name} key is ${key.fingerprint} now.\n${advice.map((line) => `- ${line}\n`).join('')}`,
      io.stdout.isTerminal,
    ),
});
