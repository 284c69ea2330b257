import { execFile } from 'node:child_process';

/** A machine under load starts programs slowly, but one that hangs must not hold up the start of the platform. */
const TRIAL_TIMEOUT_MS = 5_000;

export interface TrialOutcome {
  /** `null` when it was killed or could not be started. */
  readonly exitCode: number | null;
  readonly output: string;
  /** The last line of its error output, or why it could not be run. */
  readonly complaint: string;
}

/** Runs a program to find out whether it works, for a limited time, with no input. Never throws. */
export async function runTrial(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<TrialOutcome> {
  return await new Promise((resolve) => {
    const options = { timeout: TRIAL_TIMEOUT_MS, killSignal: 'SIGKILL', env, cwd: '/' } as const;
    const child = execFile(program, args, options, (error, output, errors) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      const complaint = errors.trim().split('\n').at(-1) ?? '';
      resolve({ exitCode, output, complaint: complaint === '' ? (error?.message ?? '') : complaint });
    });
    child.stdin?.end();
  });
}
