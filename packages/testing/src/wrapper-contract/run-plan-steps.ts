import { execFile } from 'node:child_process';
import type { BuildStep } from '@racetrack-platform/contracts';

/** A compiler that starts with nothing may take minutes on a small machine. */
const STEP_TIMEOUT_MS = 10 * 60_000;
const LAST_CHARACTERS = 4_000;

/** Paths for the placeholders of steps, by their names. */
export type StepPaths = Readonly<Record<'source' | 'environment' | 'cache' | 'plugin', string>>;

/**
 * Runs the steps of a plan one after the other, as the builder does but without its confinement.
 *
 * @param env - of every step, before the step's own variables.
 * @throws Error with the end of its output for the first step that fails.
 */
export async function runPlanSteps(
  steps: readonly BuildStep[],
  paths: StepPaths,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const fill = (text: string): string =>
    text.replace(/\$\{(source|environment|cache|plugin)\}/g, (_all, name: keyof StepPaths) => paths[name]);
  for (const step of steps) {
    const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, fill(value)] as const);
    await runStep(step.title, step.command.map(fill), fill(step.cwd ?? '${source}'), {
      ...env,
      ...Object.fromEntries(own),
    });
  }
}

async function runStep(
  title: string,
  [program = '', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const options = {
      cwd,
      env,
      timeout: STEP_TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: 2 ** 26,
    } as const;
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve();
      const output = `${stdout}${stderr}`.slice(-LAST_CHARACTERS);
      reject(new Error(`${title} failed: ${error.message.slice(0, 300)}\n${output}`));
    });
  });
}
