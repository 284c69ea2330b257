import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  buildEventSchema,
  type BuildEvent,
  type BuildRequest,
  type BuildResult,
} from '@racetrack-platform/contracts/processes';
import { isErrorCode, PlatformError } from '@racetrack-platform/errors';

const BUILDER = fileURLToPath(new URL('../../../builder/src/main.ts', import.meta.url));
/** A builder that is told to end cleans up for ten seconds at most. */
const STOP_TIMEOUT_MS = 12_000;
const STDERR_TAIL = 4_000;

export interface RunBuilderOptions {
  readonly request: BuildRequest;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onEvent: (event: Exclude<BuildEvent, { type: 'result' | 'error' }>) => void;
  /** Ends the build; its reason is thrown. */
  readonly signal: AbortSignal;
}

/**
 * Runs one build in a child, as the platform does: the request goes through its standard input, and the child ends when
 * that closes, however we end.
 *
 * @throws PlatformError with the builder's own code, or `BUILD_FAILED` when it dies without a word.
 */
export async function runBuilder({ request, env, onEvent, signal }: RunBuilderOptions): Promise<BuildResult> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [BUILDER], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const closed = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', (code) => resolve(code));
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-STDERR_TAIL)));
  let killing: NodeJS.Timeout | undefined;
  const cancel = (): void => {
    child.stdin.end();
    killing = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  };
  signal.addEventListener('abort', cancel, { once: true });
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(request)}\n`);
  try {
    let outcome: BuildResult | PlatformError | undefined;
    for await (const line of createInterface({ input: child.stdout })) {
      const event = buildEventSchema.parse(JSON.parse(line));
      if (event.type === 'result') outcome = event.result;
      else if (event.type === 'error') outcome = toError(event);
      else onEvent(event);
    }
    child.stdin.end();
    const code = await closed;
    signal.throwIfAborted();
    if (outcome === undefined) throw died(code, stderr.trim());
    if (outcome instanceof PlatformError) throw outcome;
    return outcome;
  } finally {
    signal.removeEventListener('abort', cancel);
    clearTimeout(killing);
  }
}

function toError({ code, message, hint }: Extract<BuildEvent, { type: 'error' }>): PlatformError {
  return new PlatformError(isErrorCode(code) ? code : 'BUILD_FAILED', message, { hint: hint ?? undefined });
}

function died(code: number | null, stderr: string): PlatformError {
  const how = code === null ? 'was killed' : `exited with code ${code}`;
  return new PlatformError(
    'BUILD_FAILED',
    `the builder ${how} without a result${stderr === '' ? '' : `: ${stderr}`}`,
    {
      hint: 'Save again; if it happens again, look for lack of memory or disk space on this machine.',
    },
  );
}
