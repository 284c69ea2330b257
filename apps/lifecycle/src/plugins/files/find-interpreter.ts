import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { findImpassable } from '@racetrack-platform/sandbox';
import { z } from 'zod';

/** An interpreter of this machine that can run plugins. */
export interface Interpreter {
  /** Absolute path. */
  readonly path: string;
  /** With its implementation, such as `cpython 3.11.2`; part of what identifies an environment. */
  readonly version: string;
  /** Whether its own pip can install into an environment (`pip --python`, pip 22.3). */
  readonly hasPip: boolean;
}

/** Oldest Python that the host for plugins runs on. */
const OLDEST = [3, 9] as const;
const PROBE_TIMEOUT_MS = 10_000;
const USUAL_DIRECTORIES = ['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'];
const PROBE = `import json, sys
try:
    import pip
    pip_version = pip.__version__
except ImportError:
    pip_version = None
print(json.dumps({'version': list(sys.version_info[:3]), 'implementation': sys.implementation.name, 'pip': pip_version}))`;

const probedSchema = z.object({
  version: z.tuple([z.int(), z.int(), z.int()]),
  implementation: z.string(),
  pip: z.string().nullable(),
});

/** For so long an interpreter is believed to be as it was. */
const FRESH_MS = 60_000;

/** Makes a {@link findInterpreter} that does not start Python each time. */
export function rememberInterpreters(env: Environment) {
  const known = new Map<boolean, { readonly found: Interpreter; readonly foundAt: number }>();
  return async (isForAll: boolean, signal: AbortSignal): Promise<Interpreter> => {
    const last = known.get(isForAll);
    if (last !== undefined && performance.now() - last.foundAt < FRESH_MS) return last.found;
    const found = await findInterpreter(env, isForAll, signal);
    known.set(isForAll, { found, foundAt: performance.now() });
    return found;
  };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the `python3` that jobs are built with: the first of the search path.
 *
 * @param isForAll - whether users without any rights have to be able to run it.
 * @throws PlatformError `NOT_SUPPORTED` when there is none.
 */
async function findInterpreter(
  env: Environment,
  isForAll: boolean,
  signal: AbortSignal,
): Promise<Interpreter> {
  const directories = [...(env['PATH'] ?? '').split(delimiter), ...USUAL_DIRECTORIES].filter(isAbsolute);
  for (const path of new Set(directories.map((directory) => join(directory, 'python3')))) {
    if (!isProgram(path) || (isForAll && !isReachable(path))) continue;
    const found = await probe(path, signal);
    if (found !== undefined) return found;
  }
  throw new PlatformError(
    'NOT_SUPPORTED',
    `this machine has no Python ${OLDEST.join('.')} or newer for plugins`,
    {
      hint: 'Install python3 (Debian: apt install python3-venv), in a place where every user may run it, such as /usr/bin.',
    },
  );
}

async function probe(path: string, signal: AbortSignal): Promise<Interpreter | undefined> {
  const output = await new Promise<string>((resolve) => {
    const options = { timeout: PROBE_TIMEOUT_MS, killSignal: 'SIGKILL', signal, env: {} } as const;
    execFile(path, ['-I', '-c', PROBE], options, (_error, stdout) => resolve(stdout));
  });
  signal.throwIfAborted();
  const parsed = probedSchema.safeParse(parseJson(output));
  if (!parsed.success) return undefined;
  const { version, implementation, pip } = parsed.data;
  if (version[0] !== OLDEST[0] || version[1] < OLDEST[1]) return undefined;
  return {
    path,
    version: `${implementation} ${version.join('.')}`,
    hasPip: pip !== null && Number.parseFloat(pip) >= 22.3,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isReachable(path: string): boolean {
  const real = realpathSync(path);
  const isForAll = (statSync(real).mode & 0o001) !== 0;
  return isForAll && findImpassable(real).length === 0 && findImpassable(dirname(path)).length === 0;
}
