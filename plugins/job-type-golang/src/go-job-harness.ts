import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildStep, NativePlan } from '@racetrack-platform/contracts';
import { createPlanNative } from './plan-native.ts';
import { createGoFinder } from './toolchain/find-go.ts';

/** Folder of this plugin. */
export const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

const STEP_TIMEOUT_MS = 5 * 60_000;

/** How a command ended. */
interface Outcome {
  readonly exitCode: number;
  /** Both streams. */
  readonly output: string;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A job in a temporary directory. */
interface GoJob extends AsyncDisposable {
  readonly dir: string;
  /** Runs the steps on the source. */
  readonly build: () => Promise<Outcome>;
  /** Starts the program; resolves when it is ready. */
  readonly start: () => Promise<void>;
  readonly call: (path: string, body?: unknown, options?: CallOptions) => Promise<Answer>;
  /** Standard output so far. */
  readonly log: () => string;
}

/**
 * Prepares a job as the builder does, with compiled packages that outlive the run.
 *
 * @param source - a folder to copy, or files by their names.
 * @param jobtypeExtra - of its manifest.
 */
export async function createGoJob(
  source: string | Readonly<Record<string, string>>,
  jobtypeExtra: Readonly<Record<string, unknown>> = {},
): Promise<GoJob> {
  const dir = await mkdtemp(join(tmpdir(), 'golang-'));
  const paths: Readonly<Record<string, string>> = {
    source: join(dir, 'source'),
    environment: join(dir, 'environment'),
    // That of the conformance suite.
    cache: join(tmpdir(), `racetrack-test-downloads-${process.getuid?.() ?? 0}`, 'golang'),
    plugin: PLUGIN_DIR,
    socket: join(dir, 'job.sock'),
  };
  const fill = (text: string): string =>
    text.replace(/\$\{(\w+)\}/g, (all, name: string) => paths[name] ?? all);
  await Promise.all([writeSource(source, fill('${source}')), mkdir(fill('${cache}'), { recursive: true })]);
  const plan = await planJob(jobtypeExtra);
  const running = createRunning(plan, fill);
  return {
    dir,
    build: async () => await runSteps([...plan.environment.steps, ...plan.steps], fill),
    ...running,
    async [Symbol.asyncDispose]() {
      await running.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function writeSource(
  source: string | Readonly<Record<string, string>>,
  targetDir: string,
): Promise<void> {
  if (typeof source === 'string') return await cp(source, targetDir, { recursive: true });
  for (const [name, text] of Object.entries(source)) {
    const path = join(targetDir, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

async function planJob(jobtypeExtra: Readonly<Record<string, unknown>>): Promise<NativePlan> {
  const planNative = createPlanNative({
    pluginDir: PLUGIN_DIR,
    findGo: createGoFinder(),
    swaggerDir: fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json'))),
  });
  const manifest = { name: 'sample', version: '0.0.1', jobtypeExtra, systemDependencies: [] };
  return await planNative(manifest, AbortSignal.timeout(30_000));
}

async function runSteps(steps: readonly BuildStep[], fill: (text: string) => string): Promise<Outcome> {
  let last: Outcome = { exitCode: 0, output: '' };
  for (const step of steps) {
    const env = Object.entries(step.env ?? {}).map(([name, value]) => [name, fill(value)] as const);
    last = await run(step.command.map(fill), fill(step.cwd ?? '${source}'), Object.fromEntries(env));
    if (last.exitCode !== 0) return last;
  }
  return last;
}

async function run(
  [program = '', ...args]: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<Outcome> {
  return await new Promise((resolve) => {
    const options = {
      cwd,
      env: { ...process.env, ...env },
      timeout: STEP_TIMEOUT_MS,
      killSignal: 'SIGKILL',
    } as const;
    const child = execFile(program, args, options, (_error, stdout, stderr) =>
      resolve({ exitCode: child.exitCode ?? -1, output: `${stdout}${stderr}` }),
    );
  });
}

function createRunning({ run: spec }: NativePlan, fill: (text: string) => string) {
  const chunks: Buffer[] = [];
  let child: ReturnType<typeof spawn> | undefined;
  const call: GoJob['call'] = async (path, body, options) =>
    await send(fill('${socket}'), path, body, options);

  async function start(): Promise<void> {
    const [program = '', ...args] = spec.command.map(fill);
    child = spawn(program, args, {
      cwd: fill(spec.cwd ?? ''),
      env: { ...process.env, ...spec.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
    const deadline = AbortSignal.timeout(15_000);
    while ((await call('/ready').catch(() => undefined))?.status !== 200) {
      if (deadline.aborted) throw new Error(`the job is not ready: ${Buffer.concat(chunks).toString()}`);
      await new Promise((resolve) => void setTimeout(resolve, 20));
    }
  }

  async function stop(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  return { start, stop, call, log: () => Buffer.concat(chunks).toString() };
}

async function send(
  socketPath: string,
  path: string,
  body: unknown,
  callOptions: CallOptions = {},
): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const options = {
      socketPath,
      path,
      method: body === undefined ? 'GET' : 'POST',
      ...callOptions,
    };
    const outgoing = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(chunks).toString(),
          headers: response.headers,
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
