import { PlatformError } from '@racetrack-platform/errors';
import type { CommandContext } from '../command/command-context.ts';
import { openRemote, openSession } from '../remote/open-session.ts';
import type { OtherJobs } from './other-jobs.ts';

/**
 * The server for calls to other jobs: that of `--remote`, else the current one when there is a token for it. Its address
 * of jobs is asked for when the first such call is made.
 *
 * @throws PlatformError `NOT_AUTHENTICATED` when `--remote` names one that needs a token, and there is none.
 */
export async function findOtherJobs(
  context: CommandContext,
  remote: string | undefined,
): Promise<OtherJobs | undefined> {
  const { client, token } = await open(context, remote);
  if (token === undefined) return undefined;
  const ask = async (): Promise<string> => {
    const { external_pub_url: url } = await client.info({ signal: context.io.signal });
    if (url !== undefined && url !== '') return url;
    throw new PlatformError('NOT_FOUND', 'the server does not tell the address of its jobs', {
      hint: 'Ask its administrator to set the external URL of Pub.',
    });
  };
  let found: Promise<string> | undefined;
  return {
    token,
    async findPubUrl() {
      found ??= ask();
      try {
        return await found;
      } catch (error) {
        found = undefined;
        throw error;
      }
    },
  };
}

async function open(context: CommandContext, remote: string | undefined) {
  if (remote !== undefined) return await openSession(context, remote);
  const { client, storedToken } = await openRemote(context, undefined);
  return { client, token: storedToken };
}
