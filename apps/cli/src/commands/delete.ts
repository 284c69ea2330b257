import { PlatformError, scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { sayResult } from '../command/say-result.ts';
import { confirm } from '../input/confirm.ts';
import { openSession } from '../remote/open-session.ts';
import { readNamedJob } from './named-job.ts';

const inputSchema = z.object({
  name: z.string().min(1).optional(),
  remoteArg: z.string().optional(),
  remote: z.string().optional(),
  version: z.string().min(1).optional(),
  yes: z.boolean().default(false),
});
type DeleteInput = z.infer<typeof inputSchema>;

interface DeleteResult {
  readonly name: string;
  readonly version: string;
  readonly deleted: true;
}

/** `racetrack delete`: asks first on a terminal; scripts go ahead as with the original. */
export const deleteCommand = defineCommand<DeleteInput, DeleteResult>({
  input: inputSchema,
  async run(context, input) {
    const { name, version } = await readNamedJob(context, input.name, input.version);
    if (version === undefined) {
      throw new PlatformError('USAGE', "Missing option '--version'.", {
        hint: `See the versions of ${name}: racetrack list.`,
      });
    }
    const { client, remote } = await openSession(context, input.remote ?? input.remoteArg);
    const server = scrub(remote.url);
    if (!input.yes) {
      const question = `Delete job "${name}" v${version} from ${server}?`;
      await confirm(context.io, question, 'nothing was deleted');
    }
    await client.deleteJob(name, version, { signal: context.io.signal });
    sayResult(context, `Job "${name}" v${version} has been deleted from ${server}`);
    return { name, version, deleted: true };
  },
  render: () => '',
});
