import type { DeploymentAnswer } from '@racetrack-platform/client';
import { PlatformError, scrub } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { chooseBuildContext } from '../deploy/choose-build-context.ts';
import { readJob, type Job } from '../deploy/read-job.ts';
import { readSecretVars, secretPaths } from '../deploy/secret-vars.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { shellQuote } from '../output/shell-quote.ts';
import { findExamplePayload } from '../deploy/find-example-payload.ts';
import { watchDeployment } from '../deploy/watch-deployment.ts';
import { findGitCredentials } from '../git/git-credentials.ts';
import { PLACEHOLDER_REMOTE } from '../init/find-repository.ts';
import { describeUnpushedWork, inspectCheckout } from '../git/inspect-checkout.ts';
import { renderDuration } from '../output/duration.ts';
import { openSession, type Session } from '../remote/open-session.ts';
import { remoteFlag } from '../remote/select-remote.ts';

const inputSchema = z.object({
  workdir: z.string().min(1).optional(),
  remoteArg: z.string().optional(),
  remote: z.string().optional(),
  extraVars: z.array(z.string()).default([]),
  buildContext: z.enum(['local', 'git', 'default']).default('default'),
  force: z.boolean().default(false),
  cache: z.boolean().default(true),
  watch: z.string().min(1).optional(),
});
type DeployInput = z.infer<typeof inputSchema>;

interface DeployResult {
  readonly id: string;
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly pub_url: string | undefined;
  readonly commit: string | undefined;
  readonly warnings: string | undefined;
  readonly duration_ms: number;
}

/** `racetrack deploy`: requests a deployment and watches it; or only watches one. */
export const deployCommand = defineCommand<DeployInput, DeployResult>({
  input: inputSchema,
  async run(context, input) {
    const startedAt = context.io.monotonicMs();
    const isWatching = input.watch !== undefined;
    const job = isWatching ? undefined : await loadJob(context, input);
    const session = await openSession(context, input.remote ?? input.remoteArg);
    const { id, deployment } = await deploy(context, session, job, input).catch((error: unknown) => {
      throw explainPlaceholder(error, job);
    });
    const notice = deployment.job?.notice;
    if (notice !== undefined && notice !== null && notice !== '') context.log.warn(notice);
    const result = presentResult(id, deployment, context.io.monotonicMs() - startedAt);
    await suggestNext(context, session, result);
    return result;
  },
  render: ({ name, pub_url: url }) =>
    `Job "${name ?? ''}" has been deployed. Check out ${url ?? '(no address)'} to access your Job\n`,
});

async function loadJob(context: CommandContext, input: DeployInput): Promise<Job> {
  const job = await readJob(context, {
    workdir: input.workdir,
    extraVars: input.extraVars,
    acceptsPipe: true,
  });
  for (const warning of job.warnings) context.log.warn(warning);
  return job;
}

async function deploy(
  context: CommandContext,
  session: Session,
  job: Job | undefined,
  input: DeployInput,
): Promise<{ readonly id: string; readonly deployment: DeploymentAnswer }> {
  const { id, checked } =
    job === undefined
      ? { id: input.watch ?? '', checked: undefined }
      : await requestDeployment(context, session, job, input);
  const deployment = await watch(context, session, id, job).finally(() => checked);
  return { id, deployment };
}

/** Nothing can be fetched from the example that `init` writes where there is no repository yet. */
function explainPlaceholder(error: unknown, job: Job | undefined): unknown {
  const isPlaceholder = job?.manifest.git.remote.startsWith(PLACEHOLDER_REMOTE) ?? false;
  if (!isPlaceholder || !PlatformError.is(error) || error.code !== 'SOURCE_UNAVAILABLE') return error;
  return new PlatformError(error.code, error.message, {
    hint: 'git.remote in job.yaml is still an example: name your repository there, or send the files of the folder: racetrack deploy --build-context local',
    cause: error,
  });
}

async function requestDeployment(
  context: CommandContext,
  session: Session,
  job: Job,
  input: DeployInput,
): Promise<{ readonly id: string; readonly checked: Promise<void> | undefined }> {
  const { log, io } = context;
  const { manifest } = job;
  const server = scrub(session.remote.url);
  log.info(`deploying workspace "${job.workdir}" (job ${manifest.name} v${manifest.version}) to ${server}`);
  const buildContext = await chooseBuildContext(
    { log },
    {
      choice: input.buildContext,
      serverUrl: session.remote.url,
      ownerEmail: manifest.owner_email,
      root: job.root,
      secretPaths: secretPaths(job),
      signal: io.signal,
    },
  );
  // Runs beside everything else; only the end waits for it.
  const checked = buildContext === undefined ? warnAboutUnpushedWork(context, job) : undefined;
  const secretVars = await readSecretVars(log, job);
  const requesting = session.client.deploy(
    {
      manifest: job.submitted,
      git_credentials: findGitCredentials(session.config.git_credentials, manifest.git.remote) ?? null,
      secret_vars: secretVars,
      build_context: null,
      force: input.force,
      build_flags: input.cache ? [] : ['--no-cache'],
    },
    { signal: io.signal, buildContext: buildContext?.pieces },
  );
  const { id } = await requesting.catch((error: unknown) => {
    if (io.signal.aborted) log.note('The request may have reached the server; see racetrack list.');
    throw error;
  });
  // Also when piped: whoever wants to end it, or to watch it again, needs the id.
  log.note(`deployment ${id} (cancel: racetrack cancel ${id}${remoteFlag(session.remote)})`);
  return { id, checked };
}

async function warnAboutUnpushedWork({ log, io }: CommandContext, job: Job): Promise<void> {
  const state = await inspectCheckout(job.root, io.signal);
  const text = state === undefined ? undefined : describeUnpushedWork(state, scrub(job.manifest.git.remote));
  if (text !== undefined) log.warn(terminalSafe(text, io.stderr.isTerminal));
}

async function watch(
  { io, log, isVerbose }: CommandContext,
  { client, remote }: Session,
  id: string,
  job: Job | undefined,
): Promise<DeploymentAnswer> {
  try {
    const deps = { client, log, monotonicMs: io.monotonicMs };
    return await watchDeployment(deps, id, { streamsLog: isVerbose, signal: io.signal });
  } catch (error) {
    if (io.signal.aborted && !PlatformError.is(error)) {
      const flag = remoteFlag(remote);
      log.clearStatus();
      log.note(`The deployment ${id} goes on at the server.`);
      log.note(`hint: watch it again: racetrack deploy --watch ${id}${flag}`);
      log.note(`hint: or end it: racetrack cancel ${id}${flag}`);
      if (job !== undefined) {
        const { name, version } = job.manifest;
        log.note(`hint: or read its build log: racetrack build-logs ${name} --version ${version}${flag}`);
      }
    }
    throw error;
  }
}

function presentResult(id: string, deployment: DeploymentAnswer, durationMs: number): DeployResult {
  return {
    id,
    name: deployment.job_name,
    version: deployment.job_version,
    pub_url: deployment.job?.pub_url ?? undefined,
    commit: deployment.commit ?? undefined,
    warnings: deployment.warnings ?? undefined,
    duration_ms: Math.round(durationMs),
  };
}

async function suggestNext({ log }: CommandContext, session: Session, result: DeployResult): Promise<void> {
  if (!log.showsInfo) return;
  const flag = remoteFlag(session.remote);
  const payload = shellQuote(await findExamplePayload(session.client, result.pub_url));
  log.info(`deployed in ${renderDuration(result.duration_ms)}; next:`);
  log.info(`  racetrack call ${result.name} /api/v1/perform ${payload} --version ${result.version}${flag}`);
  log.info(`  racetrack logs ${result.name} --version ${result.version} -f${flag}`);
  log.info(`  racetrack list${flag}`);
}
