import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { NativePlan } from '@racetrack-platform/contracts';
import { createTemporaryDirectory, runPlanSteps, waitUntil } from '@racetrack-platform/testing';
import { createPlanNative } from './plan-native.ts';
import { createRustFinder } from './toolchain/find-rust.ts';

const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A job that runs. */
export interface RunningJob extends AsyncDisposable {
  call(path: string, input?: unknown): Promise<Answer>;
}

/**
 * Compiles a job without a crate of its own in an environment that is there already, and starts it; resolves when it is ready.
 *
 * @param files - of the job, by path; `mod.rs` among them.
 * @param environment - folder that the environment's steps have filled.
 * @param env - further variables of the job.
 * @throws Error with the compiler's output.
 */
export async function startRustJob(
  files: Readonly<Record<string, string>>,
  environment: string,
  env: Readonly<Record<string, string>>,
): Promise<RunningJob> {
  await using cleanup = new AsyncDisposableStack();
  const { path: directory } = cleanup.use(await createTemporaryDirectory());
  const source = join(directory, 'source');
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(source, name)), { recursive: true });
    await writeFile(join(source, name), content);
  }
  const { steps, run } = await planJob();
  const paths = { source, environment, cache: join(directory, 'cache'), plugin: PLUGIN_DIR };
  await runPlanSteps(steps, paths, { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' });

  const socketPath = join(directory, 'job.sock');
  const [program = '', ...args] = run.command.map((part) =>
    part.replace('${source}', source).replace('${environment}', environment).replace('${socket}', socketPath),
  );
  const child = spawn(program, args, { cwd: source, env: { ...run.env, ...env }, stdio: 'ignore' });
  cleanup.defer(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const call: RunningJob['call'] = async (path, input) => await exchange(socketPath, path, input);
  await waitUntil('the job to be ready', async () => {
    const answer = await call('/ready').catch(() => undefined);
    return answer?.status === 200;
  });
  const owned = cleanup.move();
  return { call, [Symbol.asyncDispose]: async () => await owned.disposeAsync() };
}

async function planJob(): Promise<NativePlan> {
  const planNative = createPlanNative({
    pluginDir: PLUGIN_DIR,
    findRust: createRustFinder(),
    swaggerDir: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
  });
  const manifest = { name: 'sample', version: '0.0.1', jobtypeExtra: {}, systemDependencies: [] };
  return await planNative(manifest, AbortSignal.timeout(30_000));
}

async function exchange(socketPath: string, path: string, input: unknown): Promise<Answer> {
  const method = input === undefined ? 'GET' : 'POST';
  const sent = request({ socketPath, path, method, agent: false });
  sent.end(input === undefined ? undefined : JSON.stringify(input));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: JSON.parse(await text(response)) as unknown };
}
