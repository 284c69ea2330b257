import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildStep } from '@racetrack-platform/contracts';
import { runPlanSteps } from '@racetrack-platform/testing';
import { composePlan } from './plan-native.ts';
import { parseExtension } from './manifest-extension.ts';

/** Folder of this plugin. */
export const PLUGIN_DIR = dirname(dirname(fileURLToPath(import.meta.url)));

export interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

export interface CallOptions {
  /** @defaultValue '/perform' */
  readonly path?: string;
  readonly accept?: string;
  /** Body in chunks, which is not read by the plain lane. */
  readonly isChunked?: boolean;
}

/** A job that was built by its plan and runs. */
export interface RunningJob extends AsyncDisposable {
  /** Rejects when the answer is cut. */
  call(input: unknown, options?: CallOptions): Promise<Answer>;
  get(path: string): Promise<Answer>;
  /** Where it listens. */
  readonly socketPath: string;
  readonly pid: number;
  /** All that it has printed. */
  readonly log: () => string;
}

/** Builds a job of these files and fields, and starts it; resolves once it is ready or has failed. */
export async function startJob(
  files: Readonly<Record<string, string>>,
  jobtypeExtra: Readonly<Record<string, unknown>>,
): Promise<RunningJob> {
  const dir = await mkdtemp(join(tmpdir(), 'node-'));
  const paths = {
    source: join(dir, 'source'),
    environment: join(dir, 'environment'),
    cache: join(dir, 'cache'),
    plugin: PLUGIN_DIR,
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(paths.source, name)), { recursive: true });
    await writeFile(join(paths.source, name), text);
  }
  await mkdir(paths.environment);
  const plan = planJob(jobtypeExtra);
  await runPlanSteps([...plan.environment.steps, ...plan.steps] as BuildStep[], paths, {
    PATH: process.env['PATH'] ?? '',
    HOME: dir,
  }).catch(async (error: unknown) => {
    await rm(dir, { recursive: true, force: true });
    throw error;
  });
  const socketPath = join(dir, 'job.sock');
  const [command = '', ...args] = plan.run.command.map((part) =>
    part.replace('${socket}', socketPath).replace('${environment}', paths.environment),
  );
  const child = spawn(command, args, { cwd: paths.source, env: { ...process.env, ...plan.run.env } });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const send = async (
    method: string,
    path: string,
    body?: string,
    options: CallOptions = {},
  ): Promise<Answer> => await exchange(socketPath, method, path, body, options);
  for (;;) {
    const live = await send('GET', '/live').catch(() => undefined);
    if (live?.status === 500 || child.exitCode !== null) break;
    if (live?.status === 200 && (await send('GET', '/ready')).status === 200) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return {
    call: async (input, options = {}) =>
      await send('POST', `/api/v1${options.path ?? '/perform'}`, JSON.stringify(input), options),
    get: async (path) => await send('GET', path),
    socketPath,
    pid: child.pid ?? 0,
    log: () => log,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function planJob(jobtypeExtra: Readonly<Record<string, unknown>>) {
  const find = (name: string): string =>
    fileURLToPath(new URL('.', import.meta.resolve(`${name}/package.json`)));
  return composePlan({
    extension: parseExtension(jobtypeExtra),
    node: { version: process.versions.node, executable: process.execPath, isReachable: true },
    wrapper: '',
    toolDirs: { swagger: find('swagger-ui-dist'), npm: find('npm'), parser: find('@babel/parser') },
  });
}

async function exchange(
  socketPath: string,
  method: string,
  path: string,
  body: string | undefined,
  { accept = '*/*', isChunked = false }: CallOptions,
): Promise<Answer> {
  const headers = {
    accept,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(isChunked ? { 'transfer-encoding': 'chunked' } : {}),
  };
  const sent = request({ socketPath, method, path, headers, agent: false });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  response.setEncoding('latin1');
  for await (const chunk of response) text += chunk as string;
  return { status: response.statusCode ?? 0, type: response.headers['content-type'], text };
}
