import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import {
  buildEventSchema,
  type BuildEvent,
  type BuildRequest,
  type BuildResult,
} from '@racetrack-platform/contracts';
import { isErrorCode, PlatformError } from '@racetrack-platform/errors';
import { failpoint } from '@racetrack-platform/failpoints';
import { sweepBuilds } from './sweep-builds.ts';

/** A builder that is told to end, or whose time is over, gives up by itself within ten seconds. */
const STOP_TIMEOUT_MS = 12_000;

export interface BuilderEvents {
  /** Called in order; each is awaited before the next. */
  onEvent(event: Exclude<BuildEvent, { type: 'result' | 'error' }>): Promise<void>;
}

export interface SpawnBuilderOptions {
  /** Path of the builder's entry. */
  readonly entry: string;
  readonly env: NodeJS.ProcessEnv;
  /** For a builder that should have ended, milliseconds; then it is killed. @defaultValue 12 s */
  readonly stopTimeoutMs?: number;
}

/**
 * Runs one build in a child of its own. The request goes through its standard input, never through argv; the child
 * ends with us, because its standard input closes then.
 *
 * @throws PlatformError with the builder's own code, or `BUILD_FAILED` when it dies without a word.
 */
export async function runBuild(
  options: SpawnBuilderOptions,
  request: BuildRequest,
  events: BuilderEvents,
  signal: AbortSignal,
): Promise<BuildResult> {
  signal.throwIfAborted();
  failpoint('before-builder-spawned');
  const child = spawn(process.execPath, [options.entry], {
    env: options.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const stderr = collectTail(child.stderr);
  const exited = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code));
  });
  const { stopTimeoutMs = STOP_TIMEOUT_MS } = options;
  // One that is caught in a computation hears neither us nor its own clock.
  const kill = (): void => void child.kill('SIGKILL');
  const overdue = setTimeout(kill, request.timeoutMs + stopTimeoutMs);
  let killing: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    child.stdin.end();
    killing = setTimeout(kill, stopTimeoutMs);
  };
  signal.addEventListener('abort', cancel);
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(request)}\n`);
  failpoint('after-builder-spawned');
  try {
    let outcome: BuildResult | PlatformError | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      const event = parseEvent(line);
      if (event.type === 'result') outcome = event.result;
      else if (event.type === 'error') outcome = toError(event);
      else await events.onEvent(event);
    }
    child.stdin.end();
    const code = await exited;
    if (outcome === undefined) await sweepBuilds({ env: options.env, buildsDir: request.buildsDir });
    signal.throwIfAborted();
    if (outcome === undefined) throw died(code, stderr());
    if (outcome instanceof PlatformError) throw outcome;
    return outcome;
  } finally {
    signal.removeEventListener('abort', cancel);
    clearTimeout(killing);
    clearTimeout(overdue);
    await stop(child, exited, stopTimeoutMs);
  }
}

/** Whoever goes on from here may count on it that nothing of the build runs any more. */
async function stop(child: ChildProcess, exited: Promise<unknown>, timeoutMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill('SIGTERM');
  child.stdout?.resume();
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  await exited;
  clearTimeout(timer);
}

function parseEvent(line: string): BuildEvent {
  return buildEventSchema.parse(JSON.parse(line));
}

function toError(event: Extract<BuildEvent, { type: 'error' }>): PlatformError {
  const code = isErrorCode(event.code) ? event.code : 'BUILD_FAILED';
  return new PlatformError(code, event.message, { hint: event.hint ?? undefined });
}

function died(code: number | null, stderr: string): PlatformError {
  const how = code === null ? 'was killed' : `exited with code ${code}`;
  const why = stderr === '' ? '' : `: ${stderr}`;
  return new PlatformError('BUILD_FAILED', `the builder ${how} without a result${why}`, {
    hint: 'Deploy again; if it happens again, look for lack of memory on the server, or for a job type that never ends.',
  });
}

/** Keeps the last 4,000 characters: enough for a message, never more than a child may flood us with. */
function collectTail(stream: NodeJS.ReadableStream): () => string {
  let tail = '';
  stream.on('data', (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-4_000);
  });
  return () => tail.trim();
}
