import { cp, mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfined } from '../input/read-confined.ts';

/** A library of jobs that only builds of the platform know by themselves. */
interface JobLibrary {
  /** File of the plugin's runtime that tells which language it is for, and a text in it. */
  readonly mark: readonly [file: string, text: string];
  /** Files of a job that may import it. */
  readonly source: RegExp;
  readonly import: RegExp;
  /** Where the author finds it, below the job's directory. */
  readonly place: string;
  /** Parts of the runtime that belong to it. */
  readonly isPart: (path: string) => boolean;
  /** Beside the parts. */
  readonly more: Readonly<Record<string, string>>;
  /** What the author has to do once, unless the job's directory shows that it is done. */
  readonly advice: string;
  readonly isJoined: (root: string) => Promise<boolean>;
}

const PACKAGE_LIMIT_BYTES = 1024 * 1024;

const GO: JobLibrary = {
  mark: ['go.mod', 'module racetrack/jobs\n'],
  source: /\.go$/,
  import: /"racetrack\/jobs"/,
  place: '.racetrack/jobs',
  isPart: (path) => !/^cmd(?:\/|$)/.test(path),
  more: {},
  advice:
    'The library racetrack/jobs is in .racetrack/jobs. Once, for go test and editors: go work init . ./.racetrack/jobs',
  isJoined: async (root) => (await stat(join(root, 'go.work')).catch(() => undefined)) !== undefined,
};

const NODE: JobLibrary = {
  mark: ['helper/register.ts', 'offerHelper()'],
  source: /\.[cm]?[jt]s$/,
  import: /['"]racetrack-job['"]/,
  place: '.racetrack/racetrack-job',
  isPart: (path) => /^(?:$|(?:helper|shared|worker)(?:\/|$))/.test(path),
  more: { 'package.json': '{ "type": "module", "private": true }\n' },
  advice:
    'The module racetrack-job is in .racetrack/racetrack-job. For tests of the job: node --import ./.racetrack/racetrack-job/helper/register.ts --test',
  isJoined: async (root) => {
    const found = await readConfined(root, 'package.json', PACKAGE_LIMIT_BYTES).catch(() => undefined);
    return found?.kind === 'read' && found.bytes.includes('.racetrack/racetrack-job');
  },
};

const PYTHON: JobLibrary = {
  mark: ['racetrack_job_wrapper/call.py', 'def call_job('],
  source: /\.py$/,
  import: /^\s*(?:from|import)\s+(?:racetrack_)?job_wrapper\b/m,
  place: '.racetrack/python',
  isPart: (path) => /^(?:$|racetrack_job_wrapper(?:\/(?!__pycache__)|$))/.test(path),
  // The older name of the same package.
  more: {
    'job_wrapper.py':
      'import sys\n\nimport racetrack_job_wrapper\nfrom racetrack_job_wrapper.alias import install_alias\n\n' +
      "install_alias()\nsys.modules['job_wrapper'] = racetrack_job_wrapper\n",
  },
  advice:
    'The package racetrack_job_wrapper is in .racetrack/python. For tests of the job: PYTHONPATH=.racetrack/python python3 -m unittest',
  isJoined: async (root) => await someFileHas(root, /\.(?:py|toml|ini|cfg)$/, /\.racetrack\/python/),
};

/**
 * Copies the library of the job's language beside a job that imports it, so that the job's own tests, and editors, can find
 * it: `racetrack/jobs` of Go, `racetrack-job` of Node.js, `racetrack_job_wrapper` of Python.
 *
 * @param pluginDir - of the job's type; those of other languages have no such library.
 * @param root - directory of the job, absolute.
 * @returns what the author has to do once, or undefined.
 */
export async function offerLibrary(pluginDir: string, root: string): Promise<string | undefined> {
  const runtime = join(pluginDir, 'runtime');
  for (const library of [GO, NODE, PYTHON]) {
    const [file, text] = library.mark;
    if (!(await readText(join(runtime, file))).includes(text)) continue;
    if (!(await someFileHas(root, library.source, library.import))) return undefined;
    const place = join(root, library.place);
    await mkdir(place, { recursive: true });
    // A link of the job's would have other files overwritten.
    if ((await realpath(place)) !== join(await realpath(root), library.place)) return undefined;
    await copy(library, runtime, place);
    return (await library.isJoined(root)) ? undefined : library.advice;
  }
  return undefined;
}

async function copy({ isPart, more }: JobLibrary, runtime: string, place: string): Promise<void> {
  await cp(runtime, place, { recursive: true, filter: (path) => isPart(path.slice(runtime.length + 1)) });
  for (const [name, text] of Object.entries(more)) {
    await rm(join(place, name), { force: true });
    await writeFile(join(place, name), text);
  }
}

/** Whether the directory itself, not those below it, has a file of such a name with such a text in it. */
async function someFileHas(root: string, name: RegExp, text: RegExp): Promise<boolean> {
  const entries = await readdir(root, { withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile() || !name.test(entry.name)) continue;
    if (text.test(await readText(join(root, entry.name)))) return true;
  }
  return false;
}

async function readText(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch(() => '');
}
