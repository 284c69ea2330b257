import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface RunToolOptions {
  /** Complete. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Gets each line of the output as it comes, without its end. */
  readonly onLine?: (line: string) => void;
}

export interface ToolResult {
  /** `null`: it was ended, or its time was over. */
  readonly exitCode: number | null;
  /** Both streams. */
  readonly output: string;
}

/** What is kept of the output; the list of all packages of a machine is some hundred kilobytes. */
const MAX_OUTPUT = 16 * 1024 * 1024;

/**
 * Runs a program of the system in a session of its own, so that a signal to the platform does not interrupt it.
 *
 * @returns `undefined` when there is no such program.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  { env, timeoutMs, onLine }: RunToolOptions,
): Promise<ToolResult | undefined> {
  const child = spawn(program, args, {
    env,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    timeout: timeoutMs,
    killSignal: 'SIGTERM',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      if (output.length < MAX_OUTPUT) output += `${line}\n`;
      onLine?.(line);
    });
  }
  return await new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve(undefined) : reject(error),
    );
    child.once('close', (exitCode) => resolve({ exitCode, output }));
  });
}
