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
  /** Open files that the command gets as file descriptors 4 and up. */
  readonly shared?: readonly number[] | undefined;
  /** Called with the process before it becomes the command, so that nothing of it escapes what it is put into. */
  readonly admit?: ((pid: number) => Promise<void>) | undefined;
}

/** How a command ended: by itself with a code, or by a signal. */
export type CommandOutcome =
  | { readonly kind: 'exited'; readonly exitCode: number }
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'not-started'; readonly reason: string };

/** Waits for a line on descriptor 3, then becomes the command. A shell's `read` takes no byte beyond the line. */
const GATE = ['/bin/sh', '-c', 'read -r go <&3 && exec "$@" 3<&-', 'sh'];
/** As {@link GATE}; what follows the line is the command's to read. */
const GATE_BEFORE_INPUT = ['/bin/sh', '-c', 'read -r go <&3 && exec "$@"', 'sh'];

const runningGroups = new Set<number>();

/**
 * Runs a command in a process group of its own, and leaves none of the group behind, however it ends.
 *
 * @param request - what to run; its standard input is empty.
 * @throws the signal's reason, once everything is killed, when it aborts.
 */
export async function runCommand(request: CommandRequest): Promise<CommandOutcome> {
  request.signal.throwIfAborted();
  const [program = '', ...args] = passGate(request);
  const child = spawn(program, args, {
    cwd: request.cwd,
    env: request.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', needsThird(request) ? 'pipe' : 'ignore', ...(request.shared ?? [])],
  });
  if (child.pid === undefined) return await waitForSpawnError(child);
  const group = child.pid;
  runningGroups.add(group);

  child.stdout?.on('data', request.onOutput);
  child.stderr?.on('data', request.onErrorOutput ?? request.onOutput);
  if (request.admit === undefined) writePrivateInput(child, request.privateInput);
  const onAbort = (): void => killGroup(group);
  request.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const ended = waitForEnd(child, group);
    if (request.admit !== undefined) await admit(child, group, request.admit, request.privateInput);
    const outcome = await ended;
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
        // All of them: what has left the group may hold any.
        for (const stream of child.stdio) stream?.destroy();
      }, OUTPUT_GRACE_MS);
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(signal === null ? { kind: 'exited', exitCode: code ?? 1 } : { kind: 'killed', signal });
    });
  });
}

async function admit(
  child: ChildProcess,
  group: number,
  take: (pid: number) => Promise<void>,
  privateInput = '',
): Promise<void> {
  try {
    await take(group);
    writePrivateInput(child, `\n${privateInput}`);
  } catch (error) {
    killGroup(group);
    // One that was killed meanwhile cannot be put anywhere; how it ended says why.
    if (child.exitCode === null && child.signalCode === null) throw error;
  }
}

function passGate({ command, admit, privateInput }: CommandRequest): readonly string[] {
  if (admit === undefined) return command;
  return [...(privateInput === undefined ? GATE : GATE_BEFORE_INPUT), ...command];
}

function needsThird({ privateInput, admit }: CommandRequest): boolean {
  return privateInput !== undefined || admit !== undefined;
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
