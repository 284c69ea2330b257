import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildStep, NativePlan } from '@racetrack-platform/contracts';
import { createPythonFinder } from './interpreter/find-python.ts';
import { createPlanNative } from './plan-native.ts';

/** Folder of this plugin. */
export const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

/** Plans with the interpreter of this machine. */
export const planNative = createPlanNative({
  pluginDir: PLUGIN_DIR,
  findPython: createPythonFinder(),
  swaggerDir: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
});

/** How a command ended. */
export interface Outcome {
  readonly exitCode: number;
  /** Both streams. */
  readonly output: string;
}

/** Prepares a job as the builder does, in a temporary directory. */
export interface BuiltJob extends AsyncDisposable {
  readonly dir: string;
  readonly sourceDir: string;
  readonly environmentDir: string;
  /** Puts paths in the place of placeholders. */
  readonly substitute: (text: string) => string;
  /** Runs steps until one fails; answers the last outcome. */
  readonly runSteps: (steps: readonly BuildStep[]) => Promise<Outcome>;
}

/** Writes source files into a temporary directory, ready for the steps of a plan. */
export async function createJob(files: Readonly<Record<string, string>>): Promise<BuiltJob> {
  const dir = await mkdtemp(join(tmpdir(), 'python3-'));
  const paths: Record<string, string> = {
    source: join(dir, 'source'),
    environment: join(dir, 'environment'),
    cache: join(dir, 'cache'),
    plugin: PLUGIN_DIR,
    socket: join(dir, 'job.sock'),
  };
  await mkdir(join(dir, 'source'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, 'source', name), text);
  const substitute = (text: string): string =>
    text.replace(/\$\{(\w+)\}/g, (all, name: string) => paths[name] ?? all);
  return {
    dir,
    sourceDir: join(dir, 'source'),
    environmentDir: join(dir, 'environment'),
    substitute,
    async runSteps(steps) {
      let last: Outcome = { exitCode: 0, output: '' };
      for (const step of steps) {
        const [command = '', ...args] = step.command.map(substitute);
        last = await run(command, args, join(dir, 'source'));
        if (last.exitCode !== 0) return last;
      }
      return last;
    },
    async [Symbol.asyncDispose]() {
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Plans a job of these fields. */
export async function plan(jobtypeExtra: Readonly<Record<string, unknown>>): Promise<NativePlan> {
  const manifest = { name: 'sample', version: '0.0.1', jobtypeExtra, systemDependencies: [] };
  return await planNative(manifest, AbortSignal.timeout(30_000));
}

/** Runs a command to its end, a minute at most. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return await new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      {
        cwd,
        env: { ...process.env, ...env },
        timeout: 60_000,
        killSignal: 'SIGKILL',
        maxBuffer: 16 * 1024 * 1024,
      },
      (_error, stdout, stderr) => resolve({ exitCode: child.exitCode ?? -1, output: `${stdout}${stderr}` }),
    );
  });
}
