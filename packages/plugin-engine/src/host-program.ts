import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { selectHostEnvironment } from './host-environment.ts';

/** How a plugin host is started. */
export interface HostProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** Complete. */
  readonly env: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const NODE_HOST = fileURLToPath(new URL('./host/main.ts', import.meta.url));
const PYTHON_HOST = fileURLToPath(new URL('../python', import.meta.url));

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
