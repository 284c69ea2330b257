import { PlatformError, scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession, type Session } from '../remote/open-session.ts';
import { remoteFlag } from '../remote/select-remote.ts';
import { readNamedJob } from './named-job.ts';

const inputSchema = z.object({
  name: z.string().min(1).optional(),
  remoteArg: z.string().optional(),
  remote: z.string().optional(),
  version: z.string().min(1).optional(),
  tail: z.coerce.number().int().min(0).default(20),
  follow: z.boolean().default(false),
});
type LogsInput = z.infer<typeof inputSchema>;

interface LogsResult {
  readonly name: string;
  readonly version: string;
  readonly logs: string;
}

/** `racetrack logs`: the last lines, or with `-f` everything from there on. */
export const logsCommand = defineCommand<LogsInput, LogsResult | undefined>({
  input: inputSchema,
  async run(context, input) {
    const { log, io } = context;
    const named = await readNamedJob(context, input.name, input.version);
    const session = await openSession(context, input.remote ?? input.remoteArg);
    const { name } = named;
    const version = await findVersion(context, session, name, named.version);
    log.info(`Retrieving runtime logs of job "${name}" ${version} from ${scrub(session.remote.url)}...`);
    if (input.follow) {
      await follow(context, session, { name, version, tailLines: input.tail });
      return undefined;
    }
    const logs = await session.client.getLogs(name, version, input.tail, { signal: io.signal });
    log.info(`Viewing the latest logs from job "${name}" ${version} below (${countLines(logs)} lines):\n---`);
    return { name, version, logs };
  },
  render: (result, { io }) => renderLogs(result?.logs ?? '', io.stdout.isTerminal),
});

/** A job whose first deployment failed is not there, but its build log is. */
async function findVersion(
  { io }: CommandContext,
  { client, remote }: Session,
  name: string,
  requested: string | undefined,
): Promise<string> {
  try {
    return (await client.getJob(name, requested ?? 'latest', { signal: io.signal })).version;
  } catch (error) {
    if (!PlatformError.is(error) || !['JOB_NOT_FOUND', 'NOT_FOUND'].includes(error.code)) throw error;
    const ofVersion = requested === undefined ? '' : ` --version ${requested}`;
    const hint = `If its deployment failed, it never ran: racetrack build-logs ${name}${ofVersion}${remoteFlag(remote)} shows its build.`;
    const listed = error.hint === undefined ? '' : ` ${error.hint}`;
    throw new PlatformError(error.code, error.message, { hint: `${hint}${listed}`, cause: error });
  }
}

async function follow(
  { io, log, format }: CommandContext,
  { remote, token }: Session,
  job: { readonly name: string; readonly version: string; readonly tailLines: number },
): Promise<void> {
  const { followLogs } = await import('../logs/follow-logs.ts');
  log.info(`Streaming live logs from job "${job.name}" ${job.version} below:\n---`);
  const print = (line: string): void =>
    io.stdout.write(
      `${format === 'json' ? JSON.stringify({ line }) : terminalSafe(line, io.stdout.isTerminal)}\n`,
    );
  await followLogs({ log, print }, { ...job, url: remote.url, token, signal: io.signal });
}

/** Ends with exactly one line feed, however the server ends it. */
export function renderLogs(logs: string, isTerminal: boolean): string {
  const text = terminalSafe(logs, isTerminal);
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

/** Lines of a text; a line feed at the end begins no further one. */
export function countLines(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}
