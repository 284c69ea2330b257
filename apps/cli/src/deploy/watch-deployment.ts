import type { DeploymentAnswer, LifecycleClient } from '@racetrack-platform/client';
import { ERROR_CODES, EXIT_CODES, isErrorCode, messageOf, PlatformError } from '@racetrack-platform/errors';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../output/log.ts';
import { createBuildLogReader, type BuildLogReader } from './build-log-reader.ts';
import { createDeploymentView, type DeploymentView } from './deployment-view.ts';
import { nextPollDelayMs } from './poll-delay.ts';

/** As long as the original client waits. */
const GIVE_UP_AFTER_MS = 3_600_000;
/** A server may be restarted meanwhile. */
const LOST_LIMIT_MS = 60_000;
/** Lines of the build log shown with a failure, when it was not streamed. */
const FAILURE_LOG_LINES = 15;

export interface WatchDeps {
  readonly client: Pick<LifecycleClient, 'getDeployment' | 'getBuildLogSlice'>;
  readonly log: Log;
  readonly monotonicMs: () => number;
}

export interface WatchOptions {
  readonly streamsLog: boolean;
  readonly signal: AbortSignal;
}

/**
 * Watches a deployment to its end and shows how it goes; survives failed requests for a minute.
 *
 * @returns the deployment when it is done.
 * @throws {@link PlatformError} with the server's code when it failed; the signal's reason on Ctrl-C.
 */
export async function watchDeployment(
  deps: WatchDeps,
  id: string,
  options: WatchOptions,
): Promise<DeploymentAnswer> {
  using view = createDeploymentView(deps.log, deps.monotonicMs);
  const buildLog = createBuildLogReader(deps.client, id, options.signal);
  const startedAt = deps.monotonicMs();
  let shownWarnings = '';
  let lostSince: number | undefined;
  for (;;) {
    const now = deps.monotonicMs();
    const result = await ask(deps, id, options.signal);
    if (result instanceof Error) {
      lostSince ??= now;
      if (now - lostSince > LOST_LIMIT_MS) throw withPrefix(result);
      view.showLost(result.message);
    } else {
      lostSince = undefined;
      shownWarnings = showWarnings(deps.log, shownWarnings, result.warnings ?? '');
      if (await isFinished(view, buildLog, result, options)) return result;
    }
    if (now - startedAt > GIVE_UP_AFTER_MS) throw timeoutError(id);
    await pause(nextPollDelayMs(now - startedAt), undefined, { signal: options.signal });
  }
}

/** One look; an error that may pass is returned instead of thrown. */
async function ask(
  { client, log }: WatchDeps,
  id: string,
  signal: AbortSignal,
): Promise<DeploymentAnswer | PlatformError> {
  try {
    return await client.getDeployment(id, { signal, retries: 0 });
  } catch (error) {
    signal.throwIfAborted();
    if (!PlatformError.is(error)) throw error;
    const { exitCode } = ERROR_CODES[error.code];
    if (exitCode === EXIT_CODES.denied || exitCode === EXIT_CODES.notFoundOrConflict) throw withPrefix(error);
    log.debug(error.message);
    return error;
  }
}

async function isFinished(
  view: DeploymentView,
  buildLog: BuildLogReader,
  deployment: DeploymentAnswer,
  options: WatchOptions,
): Promise<boolean> {
  const { status } = deployment;
  if (status !== 'done' && status !== 'failed') view.setPhase(deployment.phase ?? '');
  if (options.streamsLog) {
    const text =
      status === 'done' || status === 'failed' ? await buildLog.readRest() : await buildLog.readMore();
    if (text !== '') view.showLog(text);
  }
  if (status === 'failed') {
    view.finish('failed');
    if (!options.streamsLog) await showLastLines(view, buildLog, deployment.error ?? '');
    throw failure(deployment);
  }
  if (status === 'done') view.finish('done');
  return status === 'done';
}

/** Warnings come as a growing text; only what is new is shown. */
function showWarnings(log: Log, shown: string, warnings: string): string {
  const fresh = warnings.startsWith(shown) ? warnings.slice(shown.length) : warnings;
  for (const line of fresh.split('\n')) if (line.trim() !== '') log.warn(line);
  return warnings;
}

/** Unless the error repeats them itself. */
async function showLastLines(view: DeploymentView, buildLog: BuildLogReader, error: string): Promise<void> {
  const told = error.split('\n').slice(1);
  const isTold = (line: string): boolean =>
    told.some((part) => part === line || (part.endsWith('…') && line.startsWith(part.slice(0, -1))));
  const lines = (await buildLog.readRest())
    .trimEnd()
    .split('\n')
    .filter((line) => !isTold(line));
  const shown = lines.slice(-FAILURE_LOG_LINES).join('\n');
  if (shown !== '') view.showLog(shown);
}

function failure(deployment: DeploymentAnswer): PlatformError {
  const { error_code: code, job_name: name, job_version: version } = deployment;
  const hint =
    name === undefined
      ? undefined
      : `See the whole build log: racetrack build-logs ${name} --version ${version}`;
  return new PlatformError(
    isErrorCode(code) ? code : 'DEPLOYMENT_FAILED',
    `deployment error: ${deployment.error ?? 'the server gave no reason'}`,
    { hint: deployment.hint ?? hint },
  );
}

function withPrefix(error: PlatformError): PlatformError {
  return new PlatformError(error.code, `deployment error: ${messageOf(error)}`, {
    cause: error,
    hint: error.hint,
  });
}

function timeoutError(id: string): PlatformError {
  return new PlatformError('DEPLOYMENT_FAILED', 'deployment error: Deployment timeout error', {
    hint: `It may still be going on; watch it again: racetrack deploy --watch ${id}`,
  });
}
