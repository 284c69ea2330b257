import { spawn } from 'node:child_process';

export interface CommandOutcome {
  /** Exit code; null when a signal ended it or it could not be started. */
  readonly code: number | null;
  /** Both output streams together, in the order they came; empty when they were inherited. */
  readonly output: string;
  readonly durationMs: number;
}

export interface RunCommandOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** `collect` keeps the output for later, `inherit` shows it as it comes. */
  readonly output: 'collect' | 'inherit';
  /** Written to its standard input, which is empty otherwise. */
  readonly input?: string;
}

/** Runs a program to its end; a failure is an outcome, not an exception. */
export async function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env = process.env, output, input }: RunCommandOptions,
): Promise<CommandOutcome> {
  const startedAt = performance.now();
  const shown = output === 'inherit' ? 'inherit' : 'pipe';
  const child = spawn(command, args, {
    cwd,
    env,
    stdio: [input === undefined ? 'ignore' : 'pipe', shown, shown],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', (error) => {
      chunks.push(Buffer.from(`${error.message}\n`));
      if (child.pid === undefined) resolve(null);
    });
    child.on('close', (exitCode) => resolve(exitCode));
  });
  return { code, output: Buffer.concat(chunks).toString('utf8'), durationMs: performance.now() - startedAt };
}
