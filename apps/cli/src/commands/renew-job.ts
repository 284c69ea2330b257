import type { Renewal } from '@racetrack-platform/client';
import { PlatformError, scrub } from '@racetrack-platform/errors';
import { isVersionPattern } from '@racetrack-platform/manifest';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { sayResult } from '../command/say-result.ts';
import { watchDeployment } from '../deploy/watch-deployment.ts';
import { openSession, type Session } from '../remote/open-session.ts';
import { remoteFlag } from '../remote/select-remote.ts';

/** What `redeploy`, `reprovision` and `move` have in common. */
export const renewalInputSchema = z.object({
  name: z.string().min(1),
  version: z.string().min(1).optional(),
  remote: z.string().optional(),
});
type RenewalInput = z.infer<typeof renewalInputSchema>;

export interface RenewalResult {
  readonly name: string;
  readonly version: string;
  /** Undefined with servers of the original, which answer at the end. */
  readonly id: string | undefined;
}

/**
 * Has a job brought up again, and watches it.
 *
 * @param say - what is shown before and after; `{job}` and `{server}` are filled in.
 */
export async function renewJob(
  context: CommandContext,
  input: RenewalInput,
  renewal: Renewal,
  say: { readonly before: string; readonly after: string },
): Promise<RenewalResult> {
  const session = await openSession(context, input.remote);
  const version = await findVersion(session, input, context.io.signal);
  const fill = (text: string): string =>
    text.replace('{job}', `"${input.name}" v${version}`).replace('{server}', scrub(session.remote.url));
  if (input.version !== undefined && version !== input.version)
    sayResult(context, `"${input.version}" is version ${version} of job "${input.name}"`);
  context.log.info(fill(say.before));
  const { signal } = context.io;
  const id = await session.client.renewJob(input.name, version, renewal, { signal });
  if (id !== undefined) await watch(context, session, id);
  sayResult(context, fill(say.after));
  return { name: input.name, version, id };
}

/** Servers act on exact versions only. */
async function findVersion(
  { client }: Session,
  { name, version = 'latest' }: RenewalInput,
  signal: AbortSignal,
): Promise<string> {
  if (version !== 'latest' && !isVersionPattern(version)) return version;
  return (await client.getJob(name, version, { signal })).version;
}

async function watch({ io, log, isVerbose }: CommandContext, session: Session, id: string): Promise<void> {
  try {
    const deps = { client: session.client, log, monotonicMs: io.monotonicMs };
    await watchDeployment(deps, id, { streamsLog: isVerbose, signal: io.signal });
  } catch (error) {
    if (io.signal.aborted && !PlatformError.is(error)) {
      log.clearStatus();
      log.note(`The deployment ${id} goes on at the server.`);
      log.note(`hint: watch it again: racetrack deploy --watch ${id}${remoteFlag(session.remote)}`);
    }
    throw error;
  }
}
