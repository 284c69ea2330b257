import path from 'node:path';
import { ROOT } from '../repository.ts';
import { buildCargo, buildGo, installOriginal } from './build-reference.ts';
import { startServer } from './contender.ts';
import type { WrapperLanguage, WrapperReference } from './wrapper-language.ts';

const PYTHON_DIR = path.join(import.meta.dirname, 'python3');
/** Design, section 6, and the goals of the wrappers. */
const GOAL_OF_ORIGINAL = 0.25;
const GOAL_OF_BARE = 1.5;
const ADD = '{"mode":"add","numbers":[40,2]}';

const python: WrapperLanguage = {
  id: 'python3',
  title: 'Python',
  job: {
    pluginDir: path.join(ROOT, 'plugins/job-type-python3'),
    sourceDir: PYTHON_DIR,
    jobType: 'python3',
    jobtypeExtra: { entrypoint_path: 'adder.py' },
  },
  toolchain: 'python3',
  body: '{"numbers":[40,2]}',
  references: [
    {
      id: 'original',
      title: 'racetrack-job-runner',
      goalRatio: GOAL_OF_ORIGINAL,
      async start({ cleanup }) {
        const interpreter = await installOriginal();
        return await startServer(cleanup, PYTHON_DIR, (port) => [
          interpreter,
          '-m',
          'racetrack_job_wrapper',
          'run',
          'adder.py',
          '--port',
          String(port),
        ]);
      },
    },
    {
      id: 'bare',
      title: 'a bare ASGI answer',
      start: async ({ cleanup, harness }) =>
        await startServer(cleanup, PYTHON_DIR, (port) => [
          path.join(harness.environmentDir, 'bin/python'),
          'bare.py',
          path.join(harness.environmentDir, 'wrapper'),
          String(port),
        ]),
    },
  ],
  bareInterpreter: ({ environmentDir }) => [
    path.join(environmentDir, 'bin/python'),
    '-c',
    'import time; time.sleep(600)',
  ],
};

const golang: WrapperLanguage = {
  id: 'golang',
  title: 'Go',
  job: { pluginDir: path.join(ROOT, 'plugins/job-type-golang'), jobType: 'golang', jobtypeExtra: {} },
  toolchain: 'go',
  body: ADD,
  references: [
    compareBare('a bare net/http handler', async (folder) => [
      await buildGo(path.join(import.meta.dirname, 'golang'), folder),
    ]),
  ],
};

const rust: WrapperLanguage = {
  id: 'rust',
  title: 'Rust',
  job: { pluginDir: path.join(ROOT, 'plugins/job-type-rust'), jobType: 'rust', jobtypeExtra: {} },
  toolchain: 'cargo',
  body: ADD,
  references: [
    compareBare('a bare hyper handler', async () => [
      await buildCargo(path.join(import.meta.dirname, 'rust')),
    ]),
  ],
};

const node: WrapperLanguage = {
  id: 'node',
  title: 'Node.js',
  job: {
    pluginDir: path.join(ROOT, 'plugins/job-type-node'),
    jobType: 'node',
    jobtypeExtra: { entrypoint_path: 'job.mjs' },
  },
  toolchain: 'node',
  body: ADD,
  references: [
    compareBare('a bare node:http handler', () =>
      Promise.resolve([process.execPath, path.join(import.meta.dirname, 'node/bare-adder-program.ts')]),
    ),
  ],
};

/** All that are measured. */
export const LANGUAGES: readonly WrapperLanguage[] = [python, golang, rust, node];

function compareBare(
  title: string,
  build: (folder: string) => Promise<readonly [string, ...string[]]>,
): WrapperReference {
  return {
    id: 'bare',
    title,
    goalRatio: GOAL_OF_BARE,
    async start({ folder, cleanup }) {
      const command = await build(folder);
      return await startServer(cleanup, folder, (port) => [...command, String(port)]);
    },
  };
}
