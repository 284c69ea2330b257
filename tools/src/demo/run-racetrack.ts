import { spawn } from 'node:child_process';
import path from 'node:path';
import { ROOT } from '../repository.ts';
import { DemoFailure } from './demo-failure.ts';
import { DEMO_FOLDER } from './demo-folder.ts';
import { withoutRacetrackVariables } from './start-platform.ts';

export interface RunRacetrackOptions {
  /** Written to its standard input, where no list of processes shows it. */
  readonly input?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Runs the command line client as a user would, with a configuration file of the demo's own. What it says on stderr is
 * shown as it comes.
 *
 * @returns its standard output.
 * @throws {@link DemoFailure} when it fails.
 */
export async function runRacetrack(
  args: readonly string[],
  { input = '', env, signal }: RunRacetrackOptions,
): Promise<string> {
  console.log(`      $ racetrack ${args.map(quote).join(' ')}`);
  const child = spawn(path.join(ROOT, 'bin/racetrack'), args, {
    cwd: ROOT,
    env: { ...withoutRacetrackVariables(env), RACETRACK_CONFIG: DEMO_FOLDER.clientConfig },
    stdio: ['pipe', 'pipe', 'inherit'],
    signal,
    killSignal: 'SIGINT',
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => child.pid === undefined && resolve(null));
    child.on('close', resolve);
  });
  if (code === 0) return output;
  throw new DemoFailure(`racetrack ${args[0]} ended with exit code ${code}`);
}

/** A word as a shell reads it back. */
export function quote(word: string): string {
  return /^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
