import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const LAUNCHER = join(repository, 'apps/server/src/main.ts');
const CLI = join(repository, 'apps/cli/src/main.ts');
const START_TIMEOUT_MS = 30_000;
/** As `npm start` has it: without, every process strips the same types again. */
const COMPILE_CACHE = { NODE_COMPILE_CACHE: join(repository, '.runtime/compile-cache') };

/** Password of the first administrator in all end-to-end tests. */
export const ADMIN_PASSWORD = 'end-to-end-Pass-1';

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where the parts of a running platform answer. */
export interface Endpoints {
  readonly lifecycle: string;
  readonly dashboard: string;
  readonly pub: string;
}

/** A real platform on free ports with a data directory of its own, driven from outside: processes, CLI and HTTP. */
export class Platform implements AsyncDisposable {
  readonly directory: string;
  endpoints: Endpoints = { lifecycle: '', dashboard: '', pub: '' };
  #launcher: ChildProcess | undefined;
  #output = '';
  #folder = 'data';
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;

  private constructor(directory: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.#args = args;
    this.#env = env;
  }

  /** Starts a platform on an empty data directory, with further flags and variables. */
  static async start(
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Platform> {
    const platform = new Platform(await mkdtemp(join(tmpdir(), 'racetrack-e2e-')), args, env);
    await platform.boot();
    return platform;
  }

  get dataDir(): string {
    return join(this.directory, this.#folder);
  }

  /** Lets the next start use another data directory. */
  moveTo(folder: string): void {
    this.#folder = folder;
  }

  /** Everything that the launcher has printed. */
  get output(): string {
    return this.#output;
  }

  get launcherPid(): number {
    const pid = this.#launcher?.pid;
    if (pid === undefined) throw new Error('the platform is not running');
    return pid;
  }

  /** Starts the launcher on the same data directory, on the same ports if it ran before, and waits until it is ready. */
  async boot(): Promise<void> {
    await rm(join(this.dataDir, 'endpoints.json'), { force: true });
    const port = (url: string): string => (url === '' ? '0' : new URL(url).port);
    const flags = Object.entries({
      '--data-dir': this.dataDir,
      '--lifecycle-port': port(this.endpoints.lifecycle),
      '--dashboard-port': port(this.endpoints.dashboard),
      '--pub-port': port(this.endpoints.pub),
    }).flat();
    const launcher = spawn(process.execPath, [LAUNCHER, ...flags, ...this.#args], {
      cwd: repository,
      env: {
        ...process.env,
        ...COMPILE_CACHE,
        RACETRACK_ADMIN_PASSWORD: ADMIN_PASSWORD,
        RACETRACK_GIT_ALLOW_LOCAL: 'true',
        RACETRACK_GIT_ALLOW_PRIVATE: 'true',
        ...this.#env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#launcher = launcher;
    for (const stream of [launcher.stdout, launcher.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    this.endpoints = await this.#waitForEndpoints(launcher);
  }

  /** Ends the launcher as a user would, with everything it looks after. */
  async stop(): Promise<void> {
    const launcher = this.#launcher;
    if (!launcher || launcher.exitCode !== null || launcher.signalCode !== null) return;
    launcher.kill('SIGTERM');
    await once(launcher, 'exit');
  }

  /** Runs the real CLI, with a configuration of this platform's own. */
  async cli(
    args: readonly string[],
    options: { readonly cwd?: string; readonly input?: string } = {},
  ): Promise<CliResult> {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: options.cwd ?? this.directory,
      env: {
        ...process.env,
        ...COMPILE_CACHE,
        HOME: this.directory,
        RACETRACK_CONFIG: join(this.directory, 'config.yaml'),
        RACETRACK_REMOTE: this.endpoints.lifecycle,
      },
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    child.stdin?.end(options.input);
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { code, stdout, stderr };
  }

  /** Signs in as the administrator and stores the token where the CLI looks for it. */
  async login(): Promise<string> {
    const response = await fetch(`${this.endpoints.lifecycle}/api/v1/users/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: 'admin', password: ADMIN_PASSWORD }),
    });
    const { token } = (await response.json()) as { token: string };
    const result = await this.cli(['login', '-'], { input: token });
    if (result.code !== 0) throw new Error(`login failed: ${result.stderr}`);
    return token;
  }

  /** Calls a job through pub. */
  async call(path: string, token: string | undefined, body: unknown): Promise<Response> {
    return await fetch(`${this.endpoints.pub}/pub/job/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { 'x-racetrack-auth': token }) },
      body: JSON.stringify(body),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  async #waitForEndpoints(launcher: ChildProcess): Promise<Endpoints> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline && launcher.exitCode === null) {
      const found = await readFile(join(this.dataDir, 'endpoints.json'), 'utf8').catch(() => undefined);
      if (found !== undefined) return JSON.parse(found) as Endpoints;
      await sleep(20);
    }
    launcher.kill('SIGKILL');
    throw new Error(`the platform did not start:\n${this.#output}`);
  }
}

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = '';
  if (stream === null) return all;
  for await (const chunk of stream) all += String(chunk);
  return all;
}
