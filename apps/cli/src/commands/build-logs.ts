import { PlatformError, scrub } from '@racetrack-platform/errors';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { createBuildLogReader } from '../deploy/build-log-reader.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession, type Session } from '../remote/open-session.ts';
import { countLines, renderLogs } from './logs.ts';
import { readNamedJob } from './named-job.ts';

const FOLLOW_DELAY_MS = 500;
/** As many deployments as the server lists at most. */
const DEPLOYMENT_COUNT = 100;

const inputSchema = z.object({
  name: z.string().min(1).optional(),
  remoteArg: z.string().optional(),
  remote: z.string().optional(),
  version: z.string().min(1).optional(),
  tail: z.coerce.number().int().min(0).default(0),
  follow: z.boolean().default(false),
});
type BuildLogsInput = z.infer<typeof inputSchema>;

interface BuildLogsResult {
  readonly name: string;
  readonly version: string;
  readonly logs: string;
}

/** `racetrack build-logs`: of the newest deployment, also of one that failed. */
export const buildLogsCommand = defineCommand<BuildLogsInput, BuildLogsResult | undefined>({
  input: inputSchema,
  async run(context, input) {
    const { log, io } = context;
    const named = await readNamedJob(context, input.name, input.version);
    const session = await openSession(context, input.remote ?? input.remoteArg);
    const { name } = named;
    const version = named.version ?? 'latest';
    log.info(`Retrieving build logs of job "${name}" ${version} from ${scrub(session.remote.url)}...`);
    if (input.follow) {
      await follow(context, session, name, named.version);
      return undefined;
    }
    const logs = await session.client.getBuildLogs(name, version, input.tail, { signal: io.signal });
    log.info(`Recent build logs of "${name}" job (${countLines(logs)} lines):\n`);
    return { name, version, logs };
  },
  render: (result, { io }) => renderLogs(result?.logs ?? '', io.stdout.isTerminal),
});

/** Prints the log of the newest deployment until that has ended. */
async function follow(
  { io, format }: CommandContext,
  { client }: Session,
  name: string,
  version: string | undefined,
): Promise<void> {
  const { signal } = io;
  const deployments = await client.listDeployments(DEPLOYMENT_COUNT, { signal });
  const deployment = deployments.find(
    (one) =>
      one.job_name === name && (version === undefined || version === 'latest' || one.job_version === version),
  );
  if (deployment?.id === undefined) {
    throw new PlatformError(
      'DEPLOYMENT_NOT_FOUND',
      `no deployment of job "${name}" ${version ?? ''}`.trimEnd(),
      {
        hint: 'Check the name and the version: racetrack list.',
      },
    );
  }
  const reader = createBuildLogReader(client, deployment.id, signal);
  while (!reader.isComplete()) {
    const text = await reader.readMore();
    if (text !== '') {
      io.stdout.write(
        format === 'json' ? `${JSON.stringify({ logs: text })}\n` : terminalSafe(text, io.stdout.isTerminal),
      );
    }
    if (!reader.isComplete()) await pause(FOLLOW_DELAY_MS, undefined, { signal });
  }
}
