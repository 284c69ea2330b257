import { spawn, type ChildProcess } from 'node:child_process';
import { composeConfinedCommand } from '../command/confined-command.ts';
import type { Account, ConfinedCommandOptions, ConfinementTools } from '../command/confinement-options.ts';

/** Numbers that nobody has on a machine; of this process alone, since the kernel counts the processes of a user. */
const NUMBER = 1_879_100_000 + (process.pid % 100_000);
export const TEST_ACCOUNT: Account = { uid: NUMBER, gid: NUMBER };

export interface ConfinedRun {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Standard output and standard error so far. */
  output(): string;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }>;
}

/** Starts a command confined, in a process group of its own; `become` is put in front of all. */
export function startConfined(
  tools: ConfinementTools,
  command: readonly string[],
  { become = [], ...options }: Partial<ConfinedCommandOptions> & { readonly become?: readonly string[] } = {},
): ConfinedRun {
  const composed = composeConfinedCommand({
    command,
    account: tools.isRoot ? TEST_ACCOUNT : null,
    limits: { openFiles: null, processes: null, fileBytes: null },
    namespaces: null,
    dieWithParent: true,
    tools,
    ...options,
  });
  const [program = '', ...args] = [...become, ...composed];
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  const ended = new Promise<Awaited<ConfinedRun['ended']>>((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  return { pid: child.pid ?? -1, child, output: () => output, ended };
}

/** Runs a shell script confined. @returns its code and output. */
export async function runScript(
  tools: ConfinementTools,
  script: string,
  options: Partial<ConfinedCommandOptions> = {},
): Promise<{ readonly exitCode: number | null; readonly output: string }> {
  const run = startConfined(tools, ['/bin/sh', '-c', script], options);
  const { exitCode } = await run.ended;
  return { exitCode, output: run.output() };
}
