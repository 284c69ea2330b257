import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import os from 'node:os';
import { COMPATIBLE_VERSION } from '@racetrack-platform/contracts';
import { findTools } from '@racetrack-platform/sandbox';
import { findUnknownVariables } from '../environment/find-unknown-variables.ts';
import { usesAccounts } from '../files/check-reach.ts';
import { checkPythons } from './check-pythons.ts';
import { fail, ok, warn, type Check, type CheckGroup } from './check.ts';

const ANSWER_LIMIT_MS = 10_000;

/** Programs that make jobs safer or will be used one day; without them the platform works. */
const OPTIONAL_PROGRAMS = [
  { name: 'bwrap', advice: 'Install bubblewrap, and jobs get a view of the machine of their own.' },
  { name: 'setpriv', advice: 'Install util-linux, and jobs can run as users of their own.' },
  { name: 'prlimit', advice: 'Install util-linux, and open files of jobs can be limited.' },
] as const;

/** The machine, and the programs that the platform needs. */
export const componentChecks: CheckGroup = {
  title: 'Versions and components',

  async run({ config, version, env }) {
    // In the directories that isolation takes them from, whatever the search path says.
    const tools = findTools(process.getuid?.() === 0);
    const [system, git, pythons, docker, ...optional] = await Promise.all([
      describeSystem(),
      checkGit(),
      checkPythons(env['PATH'] ?? '', usesAccounts(config.isolation)),
      ask('docker', ['--version']),
      ...OPTIONAL_PROGRAMS.map(async ({ name, advice }) => {
        const program = tools[name];
        const answer = program === null ? undefined : await ask(program, ['--version']);
        return answer === undefined ? warn(`${name} was not found`, advice) : ok(`${answer} at ${program}`);
      }),
    ]);
    return [
      ...findUnknownVariables(env).map((text) => warn(text, 'Correct or remove it.')),
      ok(`Racetrack ${version}, compatible with ${COMPATIBLE_VERSION}`),
      ok(`Node.js ${process.version} for ${process.platform}-${process.arch}`),
      ok(system),
      git,
      ...pythons,
      ...optional,
      ...(await Promise.all(config.plugin.map(checkPlugin))),
      ok(docker ?? 'docker was not found; nothing needs it yet'),
    ];
  },
};

/** One that the owner of the server named; whether it can be loaded only a start tells. */
async function checkPlugin(folder: string): Promise<Check> {
  const isFolder = (await stat(folder).catch(() => undefined))?.isDirectory() === true;
  if (isFolder) return ok(`the plugin in ${folder} is loaded beside those of the platform`);
  return fail(
    `${folder} of --plugin (RACETRACK_EXTRA_PLUGINS) is no folder`,
    'Correct the path, or leave it out.',
  );
}

async function describeSystem(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const name = /^PRETTY_NAME="?([^"\n]*)/m.exec(release)?.[1] ?? os.type();
  const memory = `${(os.totalmem() / 1024 ** 3).toFixed(1)} GiB of memory`;
  return `${name}, kernel ${os.release()}, ${os.availableParallelism()} processors, ${memory}`;
}

async function checkGit(): Promise<Check> {
  const answer = await ask('git', ['--version']);
  return answer === undefined
    ? fail('git was not found', 'Install git: sources of jobs are fetched with it.')
    : ok(answer);
}

/** The first line that a program answers; undefined when there is no such program, or it fails. */
async function ask(program: string, args: readonly string[]): Promise<string | undefined> {
  return await new Promise((resolve) => {
    execFile(program, args, { timeout: ANSWER_LIMIT_MS, killSignal: 'SIGKILL' }, (error, stdout) => {
      resolve(error === null ? stdout.split('\n')[0]?.trim() : undefined);
    });
  });
}
