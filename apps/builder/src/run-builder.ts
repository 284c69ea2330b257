import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import { runBuild } from './build/run-build.ts';
import type { BuilderConfig } from './config.ts';
import { presentTimeout } from './limits/present-excess.ts';
import { createBuildOutput } from './protocol/build-output.ts';
import { explainFailure } from './protocol/explain-failure.ts';
import { readRequest } from './protocol/read-request.ts';
import { createRedactor } from './protocol/redact.ts';

/** User names from this length on are taken for tokens, as some hosts accept them, and hidden too. */
const TOKEN_LIKE_LENGTH = 12;

/** A longer timer of Node's fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface RunBuilderDeps {
  readonly config: BuilderConfig;
  /** The request line; its end means that the parent is gone, or wants no build any more. */
  readonly input: Readable;
  /** Takes one line of the protocol. */
  readonly write: (line: string) => void;
  /** Aborts on the process's own signals. */
  readonly interrupted: AbortSignal;
  /** Takes the description of a bug, for the log of the server. */
  readonly logFault: (text: string) => void;
  readonly now: () => number;
}

/**
 * Serves one build from the request line to the last event.
 *
 * @returns the exit code: 0 after `result`, 1 after `error`.
 */
export async function runBuilder(deps: RunBuilderDeps): Promise<0 | 1> {
  let redactor = createRedactor([]);
  let output = createBuildOutput(deps.write, redactor);
  let presentFailure = explainFailure([]);
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  try {
    const request = await readRequest(deps.input, deps.interrupted);
    redactor = createRedactor(listSecrets(request, deps.config));
    output = createBuildOutput(deps.write, redactor, request.limits.logBytes ?? undefined);
    presentFailure = explainFailure(listOwnDirectories(request));
    const timeoutMs = Math.min(request.timeoutMs, MAX_TIMER_MS);
    timer = setTimeout(() => stop.abort(presentTimeout(timeoutMs)), timeoutMs);
    abortWhenUnwanted(deps, stop);
    const result = await runBuild(
      { ...deps, output, redactor, end: (reason) => stop.abort(reason) },
      request,
      stop.signal,
    );
    failpoint('before-build-result');
    output.succeed(result);
    failpoint('after-build-result');
    return 0;
  } catch (error) {
    const isExpected = PlatformError.is(error) || stop.signal.aborted;
    if (!isExpected)
      deps.logFault(redactor.redact(error instanceof Error ? (error.stack ?? '') : String(error)));
    output.fail(presentFailure(stop.signal.aborted && !PlatformError.is(error) ? stop.signal.reason : error));
    return 1;
  } finally {
    clearTimeout(timer);
  }
}

function abortWhenUnwanted({ input, interrupted }: RunBuilderDeps, stop: AbortController): void {
  const cancel = (): void =>
    stop.abort(new PlatformError('DEPLOYMENT_INTERRUPTED', 'the build was cancelled'));
  if (input.readableEnded || input.destroyed || interrupted.aborted) cancel();
  input.once('end', cancel).once('close', cancel).once('error', cancel);
  interrupted.addEventListener('abort', cancel, { once: true });
}

/** Directories of the server, which an author need not know; what lies below them is told. */
function listOwnDirectories({ buildsDir, source }: BuildRequest): string[] {
  return source.kind === 'archive' ? [buildsDir, dirname(source.path)] : [buildsDir];
}

function listSecrets(request: BuildRequest, config: BuilderConfig): string[] {
  const secrets = [...Object.values(request.secretBuildEnv), request.secretsKey];
  if (request.source.kind === 'git') {
    const { credentials, remote } = request.source;
    secrets.push(...listUrlSecrets(remote));
    if (credentials !== null) secrets.push(credentials.password, ...tokenLike(credentials.username));
  }
  for (const value of Object.values(config.stepEnv)) secrets.push(...listUrlSecrets(value));
  return secrets;
}

/** Passwords inside the URLs of a text, as an index setting may hold several. */
function listUrlSecrets(text: string): string[] {
  return text.split(/\s+/).flatMap((part) => {
    if (!URL.canParse(part)) return [];
    const { username, password } = new URL(part);
    return [password, ...tokenLike(username)].flatMap((value) => [value, decode(value)]);
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tokenLike(username: string): string[] {
  return username.length >= TOKEN_LIKE_LENGTH ? [username] : [];
}
