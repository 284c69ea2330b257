import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { isLocalByDefault } from '../deploy/choose-build-context.ts';
import type { Job } from '../deploy/read-job.ts';
import type { DevOptions } from '../dev/dev-loop.ts';
import { choosePort, portSchema } from '../dev/dev-options.ts';
import { findOtherJobs } from '../dev/find-other-jobs.ts';
import { runDevLoop } from '../dev/dev-loop.ts';
import { findGitCredentials } from '../git/git-credentials.ts';
import { openRemote } from '../remote/open-session.ts';

const inputSchema = z.object({
  workdir: z.string().min(1).optional(),
  remote: z.string().optional(),
  extraVars: z.array(z.string()).default([]),
  buildContext: z.enum(['local', 'git', 'default']).default('default'),
  port: portSchema,
  cmd: z.string().optional(),
});
type RunLocalInput = z.infer<typeof inputSchema>;

/** `racetrack run-local`: runs a job as a deployment would, but on this machine, and as it is now. */
export const runLocalCommand = defineCommand<RunLocalInput, undefined>({
  input: inputSchema,
  async run(context, input) {
    if (input.cmd !== undefined && input.cmd !== '') throw explainCommand();
    await runDevLoop(context, {
      workdir: input.workdir,
      extraVars: input.extraVars,
      extraEnv: {},
      plugin: undefined,
      port: choosePort(input.port),
      otherJobs: await findOtherJobs(context, input.remote),
      chooseSource: async (job) => await chooseSource(context, input, job),
      announce: ({ name, version, url }) =>
        `Running job "${name}" v${version} locally. Check out ${url}/pub/job/${name}/${version}/ to access your job. CTRL-C to stop.`,
      reloads: false,
      isOnce: false,
    });
  },
  render: () => '',
});

/** As `deploy` chooses between the files here and what is pushed. */
async function chooseSource(
  context: CommandContext,
  { buildContext, remote: option }: RunLocalInput,
  job: Job,
): ReturnType<DevOptions['chooseSource']> {
  const { name, version, git, owner_email: owner } = job.manifest;
  const { remote, config } = await openRemote(context, option);
  const isLocal =
    buildContext === 'local' || (buildContext === 'default' && isLocalByDefault(remote.url, owner));
  const origin = isLocal ? 'the files here' : 'git; --build-context local takes the files here';
  context.log.info(
    `building workspace "${job.workdir}" (job ${name} v${version}) on this machine, from ${origin}`,
  );
  if (isLocal) return 'local';
  return {
    kind: 'git',
    remote: git.remote,
    ref: git.branch ?? null,
    commit: null,
    directory: git.directory,
    credentials: findGitCredentials(config.git_credentials, git.remote) ?? null,
  };
}

function explainCommand(): PlatformError {
  return new PlatformError(
    'NOT_SUPPORTED',
    '--cmd replaces the command of a container, and this job runs as a process',
    {
      hint: 'Leave it out; variables for the job are given with racetrack dev --env NAME=VALUE',
    },
  );
}
