import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import type { InputChannel, Io } from '../io.ts';
import { runCli } from '../run-cli.ts';

export interface RunOptions {
  /** Whether standard output and error are terminals. @defaultValue false */
  readonly isTerminal?: boolean;
  readonly stdin?: string | Readable;
  readonly stdinKind?: InputChannel['kind'];
  readonly env?: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly answer?: string;
  readonly cwd?: string;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What was asked on the terminal. */
  readonly prompts: readonly string[];
}

/** A home directory and a working directory of its own, to run commands in. */
export interface CliFixture extends AsyncDisposable {
  readonly home: string;
  readonly cwd: string;
  readonly configPath: string;
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Writes a file below the working directory. */
  write(path: string, text: string): Promise<void>;
  writeConfig(text: string): Promise<void>;
  readConfig(): Promise<string>;
}

/** Creates a {@link CliFixture}; disposing removes its files. */
export async function createCliFixture(): Promise<CliFixture> {
  const root = await mkdtemp(join(tmpdir(), 'racetrack-cli-'));
  const home = join(root, 'home');
  const cwd = join(root, 'work');
  const configPath = join(home, '.racetrack', 'config.yaml');
  await mkdir(cwd, { recursive: true });
  await mkdir(home, { recursive: true });
  return {
    home,
    cwd,
    configPath,
    run: async (argv, options = {}) => await runInProcess({ home, cwd }, argv, options),
    async write(path, text) {
      await mkdir(dirname(join(cwd, path)), { recursive: true });
      await writeFile(join(cwd, path), text);
    },
    async writeConfig(text) {
      await mkdir(dirname(configPath), { recursive: true });
      await writeFile(configPath, text, { mode: 0o600 });
    },
    readConfig: async () => await readFile(configPath, 'utf8'),
    [Symbol.asyncDispose]: async () => await rm(root, { recursive: true, force: true }),
  };
}

async function runInProcess(
  place: Pick<Io, 'home' | 'cwd'>,
  argv: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const stdout: Uint8Array[] = [];
  const stderr: Uint8Array[] = [];
  const prompts: string[] = [];
  const { isTerminal = false, stdin } = options;
  const channel = (chunks: Uint8Array[]): Io['stdout'] => ({
    isTerminal,
    columns: 120,
    write: (data) => void chunks.push(Buffer.from(data as string)),
  });
  const exitCode = await runCli(argv, {
    home: place.home,
    cwd: options.cwd ?? place.cwd,
    stdin: {
      kind: options.stdinKind ?? (stdin === undefined ? 'other' : 'pipe'),
      open: () => (typeof stdin === 'object' ? stdin : Readable.from(stdin === undefined ? [] : [stdin])),
    },
    stdout: channel(stdout),
    stderr: channel(stderr),
    env: { NO_COLOR: '1', ...options.env },
    signal: options.signal ?? new AbortController().signal,
    monotonicMs: () => performance.now(),
    nowMs: () => Date.now(),
    ask: async (prompt) => {
      prompts.push(prompt);
      return options.answer ?? '';
    },
  });
  return {
    exitCode,
    stdout: Buffer.concat(stdout).toString('utf8'),
    stderr: Buffer.concat(stderr).toString('utf8'),
    prompts,
  };
}
