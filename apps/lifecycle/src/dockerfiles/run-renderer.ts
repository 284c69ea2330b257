import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { renderAnswerSchema, type RenderAnswer, type RenderRequest } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';

const RENDERER = fileURLToPath(new URL('../../../builder/src/render.ts', import.meta.url));
/** Of JavaScript objects: what the longest template makes of the longest values fits in. */
const HEAP_MB = 256;
/** Above the largest answer that templates can make, in bytes. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Has Dockerfiles rendered or checked in a process of its own, which may take its time and its memory, but no more.
 *
 * @param options - `env` of that process, and the milliseconds that it may take.
 * @throws PlatformError `TEMPLATE_INVALID` when it has to be ended, `BUILD_FAILED` when it dies.
 */
export async function runRenderer(
  request: RenderRequest,
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<RenderAnswer> {
  const { env, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, RENDERER], {
    env,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  let isTooMuch = false;
  const kill = (): void => void child.kill('SIGKILL');
  const end = (): void => {
    isTooMuch = true;
    kill();
  };
  const timer = setTimeout(end, timeoutMs);
  signal?.addEventListener('abort', kill);
  try {
    const closed = once(child, 'close');
    child.stdin.on('error', () => {});
    child.stdin.end(`${JSON.stringify(request)}\n`);
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > MAX_ANSWER_BYTES) return end();
      chunks.push(chunk);
    });
    const [code, killedBy] = (await closed) as [number | null, NodeJS.Signals | null];
    signal?.throwIfAborted();
    // V8 ends a process that is out of memory with this signal.
    if (isTooMuch || killedBy === 'SIGABRT') throw presentExcess(timeoutMs);
    if (code === 0) return renderAnswerSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
    throw new PlatformError('BUILD_FAILED', 'the program that renders Dockerfiles ended without an answer', {
      hint: 'Try again; if it happens again, look for lack of memory on the server.',
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', kill);
  }
}

function presentExcess(timeoutMs: number): PlatformError {
  return new PlatformError(
    'TEMPLATE_INVALID',
    `the templates need more than ${timeoutMs / 1_000} seconds or ${HEAP_MB} MB`,
    { hint: 'Look in the Dockerfile templates of the job type for a loop over too many items.' },
  );
}
