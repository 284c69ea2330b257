import { spawn, type ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';

/** How long output may go on once a command and its whole process group are dead. */
const OUTPUT_GRACE_MS = 2000;

export interface CommandRequest {
  /** Program and arguments; no shell takes part. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The complete environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** Receives standard output, and standard error too unless `onErrorOutput` is given. */
  readonly onOutput: (chunk: Buffer) => void;
  readonly onErrorOutput?: (chunk: Buffer) => void;
  /** What the command can read from file descriptor 3, such as credentials. */
  readonly privateInput?: string | undefined;
}

/** How a command ended: by itself with a code, or by a signal. */
export type CommandOutcome =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly reason: string };

const runningGroups = new Set<number>();

/**
 * Runs a command in a process group of its own, and leaves none of the group behind, however it ends.
 *
 * @param request - what to run; its standard input is empty.
 * @throws the signal's reason, once everything is killed, when it aborts.
 */
export async function runCommand(request: CommandRequest): Promise<CommandOutcome> {
  request.signal.throwIfAborted();
  const [program = '', ...args] = request.command;
  const child = spawn(program, args, {
    cwd: request.cwd,
    env: request.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(request.privateInput === undefined ? [] : ['pipe' as const])],
  });
  if (child.pid === undefined) return await waitForSpawnError(child);
  const group = child.pid;
  runningGroups.add(group);

  child.stdout?.on('data', request.onOutput);
  child.stderr?.on('data', request.onErrorOutput ?? request.onOutput);
  writePrivateInput(child, request.privateInput);
  const onAbort = (): void => killGroup(group);
  request.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const outcome = await waitForEnd(child, group);
    request.signal.throwIfAborted();
    return outcome;
  } finally {
    request.signal.removeEventListener('abort', onAbort);
    runningGroups.delete(group);
  }
}

/** Kills every process group that {@link runCommand} has not seen end; for the builder's own last moment. */
export function killRunningCommands(): void {
  for (const group of runningGroups) killGroup(group);
}

async function waitForSpawnError(child: ChildProcess): Promise<CommandOutcome> {
  return await new Promise((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      resolve({ kind: 'not-started', reason: error.code ?? error.message }),
    );
  });
}

async function waitForEnd(child: ChildProcess, group: number): Promise<CommandOutcome> {
  return await new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      // What the command left running in the background goes too; it would hold the output open.
      killGroup(group);
      timer = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, OUTPUT_GRACE_MS);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(signal === null ? { kind: 'exited', exitCode: code ?? 1 } : { kind: 'killed', signal });
    });
  });
}

function writePrivateInput(child: ChildProcess, text: string | undefined): void {
  if (text === undefined) return;
  const pipe = child.stdio[3] as Duplex;
  // A command that never asks closes the pipe unread.
  pipe.on('error', () => {});
  pipe.end(text);
}

function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}
