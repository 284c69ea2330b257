import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { selectHostEnvironment } from './host-environment.ts';

/** How a plugin host is started. */
export interface HostProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Complete. */
  readonly env: Readonly<Record<string, string>>;
  /** @defaultValue the platform's own */
  readonly cwd?: string;
  /**
   * Whether it gets a session of its own, all of which is killed when the host has ended: what a plugin leaves behind
   * is nobody's. Not for the host of targets whose instances outlive it.
   *
   * @defaultValue false
   */
  readonly isAlone?: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const NODE_HOST = fileURLToPath(new URL('./host/main.ts', import.meta.url));
const PYTHON_HOST = fileURLToPath(new URL('../python', import.meta.url));

/** What a host's process has to be able to read, for whoever runs it under an account of its own; absolute paths. */
export const HOST_SOURCES: Readonly<Record<'javascript' | 'python', string>> = {
  javascript: NODE_HOST,
  python: PYTHON_HOST,
};

/**
 * The host for plugins in JavaScript and TypeScript.
 *
 * @param env - the platform's own environment; only the harmless part of it gets there.
 * @param nodeArgs - put before the program, such as `--max-old-space-size=128`.
 */
export function describeNodeHost(env: Environment, nodeArgs: readonly string[] = []): HostProgram {
  return { command: process.execPath, args: [...nodeArgs, NODE_HOST], env: selectHostEnvironment(env) };
}

/**
 * The host for plugins in Python.
 *
 * @param env - as above.
 * @param python - absolute path of the interpreter, that of the plugin's own environment where it has one.
 */
export function describePythonHost(env: Environment, python: string): HostProgram {
  return {
    command: python,
    args: ['-m', 'racetrack_plugin_host'],
    env: {
      ...selectHostEnvironment(env),
      PYTHONPATH: [PYTHON_HOST, join(PYTHON_HOST, 'shim')].join(':'),
      // The platform's own folder is not a place to write to.
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      PYTHONNOUSERSITE: '1',
    },
  };
}

const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'];

/**
 * The same program, killed by the kernel when this process ends. A host reads the end of its standard input, but not
 * while a plugin loops. Where the system cannot do it, the program as it is.
 */
export function dieWithParent(program: HostProgram): HostProgram {
  const setpriv = process.platform === 'linux' ? SETPRIV.find(isFromUtilLinux) : undefined;
  if (setpriv === undefined) return program;
  return {
    ...program,
    command: setpriv,
    args: ['--pdeathsig', 'KILL', '--', program.command, ...program.args],
  };
}

/** That of BusyBox does not know the option. */
function isFromUtilLinux(path: string): boolean {
  try {
    return basename(realpathSync(path)) === 'setpriv';
  } catch {
    return false;
  }
}
