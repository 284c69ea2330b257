import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pino } from 'pino';
import type { DeploymentDto } from '@racetrack-platform/contracts';
import { waitUntil } from '@racetrack-platform/testing';
import { parseConfig } from '../config.ts';
import { startControl, type Control } from '../start-control.ts';
import { spawnControl, type SpawnedControl } from './spawn-control.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const PASSWORD = 'control-tests-Pass-1';

/** A program for the toy job type; `expression` is what it answers to any call. */
export function toyProgram(expression: string, before = ''): string {
  return [
    "import { createServer } from 'node:http';",
    before,
    'const timestamp = Number(process.env.JOB_DEPLOYMENT_TIMESTAMP);',
    "const json = { 'content-type': 'application/json' };",
    'createServer((request, response) => {',
    "  if (request.url.endsWith('/live')) return response.writeHead(200, json).end(JSON.stringify({ deployment_timestamp: timestamp }));",
    "  if (request.url.endsWith('/ready')) return response.writeHead(200, json).end('{}');",
    `  response.writeHead(200, json).end(JSON.stringify(${expression}));`,
    '}).listen(process.argv[2]);',
    '',
  ].join('\n');
}

/** A real control process' inside: real store, plugin host, builder and process target, with the toy job type. */
export class TestControl implements AsyncDisposable {
  readonly directory: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #isProcess: boolean;
  control: Control | undefined;
  token = '';

  private constructor(directory: string, env: Readonly<Record<string, string>>, isProcess: boolean) {
    this.directory = directory;
    this.#env = env;
    this.#isProcess = isProcess;
  }

  /**
   * @param options - `isProcess`: as a process of its own, which can be killed; see {@link spawned}. `hasToyTarget`:
   *   there is a second target, `toy`, where nothing runs unless it is named. `plugins`: folders of further
   *   ones, by the names of their data directories.
   */
  static async start(
    env: Readonly<Record<string, string>> = {},
    options: {
      readonly isProcess?: boolean;
      readonly hasToyTarget?: boolean;
      readonly plugins?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<TestControl> {
    const directory = await mkdtemp(join(tmpdir(), 'racetrack-control-'));
    const settings = options.hasToyTarget ? { RACETRACK_INFRASTRUCTURE_TARGET: 'process', ...env } : env;
    const test = new TestControl(directory, settings, options.isProcess ?? false);
    await mkdir(join(test.directory, 'plugins'));
    const plugins = {
      process: join(repository, 'plugins/infrastructure-process'),
      toy: fileURLToPath(new URL('./toy-job-type', import.meta.url)),
      ...(options.hasToyTarget && {
        'toy-target': fileURLToPath(new URL('./toy-target', import.meta.url)),
      }),
      ...options.plugins,
    };
    for (const [name, target] of Object.entries(plugins))
      await symlink(target, join(test.directory, 'plugins', name));
    await test.boot();
    return test;
  }

  get dataDir(): string {
    return join(this.directory, 'data');
  }

  /** The process of this control, when it was started as one. */
  get spawned(): SpawnedControl {
    if (this.control === undefined || !('kill' in this.control)) throw new Error('it is no process');
    return this.control as SpawnedControl;
  }

  async boot(): Promise<void> {
    const env = {
      RACETRACK_DATA_DIR: this.dataDir,
      RACETRACK_LIFECYCLE_PORT: '0',
      RACETRACK_DASHBOARD_PORT: '0',
      RACETRACK_ADMIN_PASSWORD: PASSWORD,
      RACETRACK_GIT_ALLOW_LOCAL: 'true',
      RACETRACK_GIT_ALLOW_PRIVATE: 'true',
      RACETRACK_DRAIN_LIMIT: '1',
      ...this.#env,
    };
    const pluginsDir = join(this.directory, 'plugins');
    this.control = this.#isProcess
      ? await spawnControl(env, pluginsDir)
      : await startControl({
          config: parseConfig(env),
          env: process.env,
          logger: pino({ level: 'silent' }),
          notice: () => {},
          pluginsDir,
          // No pub will come.
          reconnectGraceMs: 0,
        });
    const login = await this.request('POST', '/api/v1/users/login', {
      username: 'admin',
      password: PASSWORD,
    });
    this.token = ((await login.json()) as { token: string }).token;
  }

  /** One request with the administrator's token, or with `token`. */
  async request(method: string, path: string, body?: unknown, token = this.token): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return await fetch(`${this.control?.endpoints.lifecycle}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token !== '' && { 'x-racetrack-auth': token }) },
      ...(body !== undefined && { body: text }),
    });
  }

  /** Commits a job's files to a repository of its own and answers the manifest. */
  async commit(name: string, version: string, program: string): Promise<Record<string, unknown>> {
    const directory = join(this.directory, name);
    await mkdir(directory, { recursive: true });
    await run('git', ['init', '--quiet', directory]);
    await writeFile(join(directory, 'job.mjs'), program);
    await run('git', ['-C', directory, 'add', '--all']);
    const identity = ['-c', 'user.name=T', '-c', 'user.email=t@example.com'];
    await run('git', [
      '-C',
      directory,
      ...identity,
      'commit',
      '--quiet',
      '--allow-empty',
      '--message',
      version,
    ]);
    return { name, version, owner_email: 't@example.com', jobtype: 'toy:latest', git: { remote: directory } };
  }

  /** A committed job's files as clients upload them: a compressed archive in base64. */
  async archive(name: string): Promise<string> {
    const directory = join(this.directory, name);
    const { stdout } = await run('tar', ['-czf', '-', '-C', directory, 'job.mjs'], { encoding: 'buffer' });
    return stdout.toString('base64');
  }

  /** Asks for a deployment and waits for its end. */
  async deploy(
    manifest: Record<string, unknown>,
    more: Record<string, unknown> = {},
  ): Promise<DeploymentDto> {
    const response = await this.request('POST', '/api/v1/deploy', { manifest, ...more });
    const { id, error } = (await response.json()) as { id: string; error?: string };
    if (response.status !== 200) throw new Error(`refused with ${response.status}: ${error}`);
    return await this.waitForEnd(id);
  }

  async waitForEnd(id: string): Promise<DeploymentDto> {
    return await waitUntil(
      'the end of the deployment',
      async () => {
        const response = await this.request('GET', `/api/v1/deploy/${id}`);
        const deployment = (await response.json()) as DeploymentDto;
        return deployment.status !== 'in_progress' && deployment;
      },
      60_000,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control?.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
