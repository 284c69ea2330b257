import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { chown, cp, mkdir, readFile, readlink, realpath, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError, scrub } from '@racetrack-platform/errors';
import type { HostProgram } from '@racetrack-platform/plugin-engine';
import { removeTree, type Account } from '@racetrack-platform/sandbox';
import type { HostConfinement } from './confine-host.ts';
import type { Interpreter } from './find-interpreter.ts';
import { handOver, sealTree } from './sealed-tree.ts';
import { withWorkName } from './work-directory.ts';

export const REQUIREMENTS_FILE = 'requirements.txt';

export interface EnvironmentDeps {
  /** Where environments lie. */
  readonly environmentsDir: string;
  readonly confinement: HostConfinement;
  /** What pip may see: addresses of package indexes, proxies, certificates. */
  readonly env: Readonly<Record<string, string>>;
  /** For everything that is installed together, milliseconds. */
  readonly timeoutMs: number;
}

export interface EnvironmentRequest {
  /** Absolute path of the unpacked plugin. */
  readonly dir: string;
  /** As {@link readRequirements} found them there. */
  readonly requirements: string;
  readonly interpreter: Interpreter;
  /** Runs the code that packages bring for their installation. */
  readonly account: Account | null;
}

/** Text of a plugin's requirements; `undefined` when it has none, or nothing is in it. */
export async function readRequirements(dir: string): Promise<string | undefined> {
  const text = await readFile(join(dir, REQUIREMENTS_FILE), 'utf8').catch(() => undefined);
  const isEmpty = text === undefined || text.split('\n').every((line) => /^\s*(?:#.*)?$/.test(line));
  return isEmpty ? undefined : text;
}

/** Lines that may name files of the plugin (pip's format of requirements), and not only packages of an index. */
const REFERENCE = /^\s*(?:-|\.|[^#\n]*\/)/m;

/**
 * Identity of an environment: the package that it is for, and the interpreter. No two plugins share one, whatever they
 * require: it was installed under the account of the one, with the files of the one beside it.
 */
export function nameEnvironment(digest: string, { path, version }: Interpreter): string {
  return createHash('sha256')
    .update(JSON.stringify([digest, path, version]))
    .digest('hex')
    .slice(0, 32);
}

/**
 * Makes the virtual environment of a Python plugin, once for the same package and interpreter. It is made where it
 * stays, under a name of its own; a link of the name that is looked for is what says that it is whole.
 *
 * @returns absolute path of its interpreter.
 * @throws PlatformError `PLUGIN_REQUIREMENTS` with pip's last lines.
 */
export async function ensureEnvironment(
  deps: EnvironmentDeps,
  name: string,
  request: EnvironmentRequest,
  signal: AbortSignal,
): Promise<string> {
  const link = join(deps.environmentsDir, name);
  const known = await realpath(link).catch(() => undefined);
  if (known !== undefined) return join(known, 'bin', 'python');
  return await withWorkName(async (work) => {
    const target = `${work}.${name}`;
    const directory = join(deps.environmentsDir, target);
    const copy = join(deps.environmentsDir, `${work}.source`);
    try {
      await makeEnvironment(deps, { ...request, dir: await openSource(request, copy) }, directory, signal);
      await sealTree(directory).catch(explainUnsealed);
      // A link to what is gone stands in the way.
      if ((await readlink(link).catch(() => undefined)) !== undefined && !(await isWhole(link)))
        await rm(link);
      await symlink(target, link);
      return join(directory, 'bin', 'python');
    } catch (error) {
      await removeTree(directory);
      // Another process was faster.
      if (await isWhole(link)) return join(await realpath(link), 'bin', 'python');
      throw error;
    } finally {
      await removeTree(copy);
    }
  });
}

/** Installers write into a source folder that they install from, and the plugin's own is for reading only. */
async function openSource({ dir, requirements, account }: EnvironmentRequest, copy: string): Promise<string> {
  if (!REFERENCE.test(requirements)) return dir;
  await mkdir(copy, { mode: 0o700 });
  await cp(dir, copy, { recursive: true, verbatimSymlinks: true });
  await handOver(copy, account);
  return copy;
}

/** Paths may be longer than system calls take, when a package means harm. */
function explainUnsealed(error: unknown): never {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENAMETOOLONG')) throw error;
  throw refuse('a package leaves files whose paths are too long', null);
}

async function isWhole(link: string): Promise<boolean> {
  return await realpath(link).then(
    () => true,
    () => false,
  );
}

async function makeEnvironment(
  deps: EnvironmentDeps,
  { dir, interpreter, account, requirements }: EnvironmentRequest,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  await mkdir(directory, { mode: 0o755 });
  if (account !== null) await chown(directory, account.uid, account.gid);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(deps.timeoutMs)]);
  const isCopy = REFERENCE.test(requirements);
  const run = async (command: string, ...args: string[]): Promise<void> => {
    const env = { ...deps.env, HOME: directory, PIP_ROOT_USER_ACTION: 'ignore', PYTHONNOUSERSITE: '1' };
    const program = { command, args, env };
    const view = {
      readOnly: isCopy ? [] : [dir],
      writable: isCopy ? [directory, dir] : [directory],
      cwd: dir,
      isOpen: false,
    };
    const confined = await deps.confinement.confine(program, account, view);
    const outcome = await runToEnd(confined, limit);
    signal.throwIfAborted();
    if (outcome.isDone) return;
    throw refuse(outcome.lastLines, limit.aborted ? deps.timeoutMs : null);
  };
  const own = join(directory, 'bin', 'python');
  const install = ['install', '--no-input', '--disable-pip-version-check', '--no-cache-dir', '-q'];
  const listed = ['-r', REQUIREMENTS_FILE];
  if (interpreter.hasPip) {
    await run(interpreter.path, '-I', '-m', 'venv', '--without-pip', directory);
    await run(interpreter.path, '-I', '-m', 'pip', '--python', own, ...install, ...listed);
  } else {
    await run(interpreter.path, '-I', '-m', 'venv', directory);
    await run(own, '-I', '-m', 'pip', ...install, ...listed);
  }
}

const LAST_LINES = 15;
const LAST_BYTES = 4_096;

/** Waits for a program and keeps the end of what it says; whatever it has started is ended with it. */
async function runToEnd(
  { command, args, env, cwd }: HostProgram,
  signal: AbortSignal,
): Promise<{ readonly isDone: boolean; readonly lastLines: string }> {
  const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Gone already.
    }
  };
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-LAST_BYTES);
    });
  }
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  try {
    const isDone = await new Promise<boolean>((resolve) => {
      child.on('error', (error) => {
        output += error.message;
        resolve(false);
      });
      child.on('exit', kill);
      child.on('close', (code) => resolve(code === 0));
    });
    return { isDone, lastLines: output.trim().split('\n').slice(-LAST_LINES).join('\n') };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

function refuse(lastLines: string, timeoutMs: number | null): PlatformError {
  const what =
    timeoutMs === null
      ? `${REQUIREMENTS_FILE} of the plugin cannot be installed`
      : `${REQUIREMENTS_FILE} of the plugin was not installed within ${Math.round(timeoutMs / 1_000)} s`;
  return new PlatformError('PLUGIN_REQUIREMENTS', `${what}:\n${scrub(lastLines)}`, {
    hint: 'Correct the requirements, or tell the server where its package index is (PIP_INDEX_URL).',
  });
}
