import { execFile } from 'node:child_process';

/** A program that takes longer than this to say its version is of no use. */
const TIMEOUT_MS = 10_000;

/**
 * Runs a program outside of any project, whose files might choose another toolchain.
 *
 * @param program - a name on the search path, or an absolute path.
 * @returns what it prints; `undefined` when it is not there or fails.
 * @throws the signal's reason when aborted.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const output = await new Promise<string | undefined>((resolve) => {
    execFile(
      program,
      args,
      { cwd: '/', timeout: TIMEOUT_MS, killSignal: 'SIGKILL', signal, maxBuffer: 64 * 1024 },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
  });
  signal.throwIfAborted();
  return output;
}
