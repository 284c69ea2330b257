import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';

/** Long enough for a large checkout, short enough not to be waited for. */
const TIMEOUT_MS = 3_000;
const OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024;
/** Each name becomes three arguments, and those have a limit, too. */
const FILTER_NAMES_LIMIT_BYTES = 16 * 1024;
/** Exit status of `git config --get-regexp` when nothing matches. */
const NO_MATCH = 1;

/** Programs that the configuration of a checkout may name; a command line goes before it. */
const NO_PROGRAMS = ['--no-pager', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null'];
/** Settings of a filter that make git pass contents on as they are (gitattributes, "filter"). */
const FILTER_OFF = {
  clean: 'RACETRACK_GIT_EMPTY',
  process: 'RACETRACK_GIT_EMPTY',
  required: 'RACETRACK_GIT_NO',
};

interface Outcome {
  readonly exitCode: number | undefined;
  readonly stdout: string;
}

/**
 * Asks git about a directory whose checkout may be hostile: nothing that its configuration or attributes name is run,
 * nothing is fetched, and no lock disturbs other git processes. Commands that show differences are not provided for.
 *
 * Filters are off, also those of the user, which take orders from the checkout as well (git-lfs runs its
 * `lfs.extension.*`). A filtered file that was touched since git last looked therefore counts as changed.
 *
 * @param args - a command that only reads, and its arguments.
 * @returns what git printed; undefined when it failed, is absent or too slow.
 */
export async function runGit(
  directory: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const base = [...NO_PROGRAMS, '--no-optional-locks', '-C', directory];
  const filters = await findFilters(base, signal);
  if (filters === undefined) return undefined;
  const { exitCode, stdout } = await execute([...filters.flatMap(switchOff), ...base, ...args], signal);
  return exitCode === 0 ? stdout : undefined;
}

/** Names of all configured filters; undefined when they cannot be told with certainty. */
async function findFilters(base: readonly string[], signal: AbortSignal): Promise<string[] | undefined> {
  const args = [...base, 'config', '-z', '--name-only', '--get-regexp', String.raw`^filter\.`];
  const { exitCode, stdout } = await execute(args, signal, FILTER_NAMES_LIMIT_BYTES);
  if (exitCode === NO_MATCH) return [];
  // A name that is not UTF-8 cannot be repeated to git.
  if (exitCode !== 0 || stdout.includes('\uFFFD')) return undefined;
  const names = stdout.split('\0').map((key) => /^filter\.(.*)\.[^.]*$/s.exec(key)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

/** `--config-env` takes any name, `-c` none with "="; a git that is too old to know it refuses. */
function switchOff(filter: string): string[] {
  return Object.entries(FILTER_OFF).map(
    ([setting, variable]) => `--config-env=filter.${filter}.${setting}=${variable}`,
  );
}

async function execute(
  args: readonly string[],
  signal: AbortSignal,
  maxBuffer = OUTPUT_LIMIT_BYTES,
): Promise<Outcome> {
  const env = {
    ...process.env,
    RACETRACK_GIT_EMPTY: '',
    RACETRACK_GIT_NO: 'false',
    // A partial clone fetches what it lacks, with programs that it names.
    GIT_NO_LAZY_FETCH: '1',
    // Older versions know only this. Random, as a fixed word may be a protocol that the checkout defines.
    GIT_ALLOW_PROTOCOL: randomUUID(),
  };
  return await new Promise<Outcome>((resolve) => {
    execFile(
      'git',
      args,
      { env, timeout: TIMEOUT_MS, maxBuffer, signal, encoding: 'utf8' },
      (error, stdout) => {
        const code = error === null ? 0 : error.code;
        resolve({ exitCode: typeof code === 'number' ? code : undefined, stdout });
      },
    );
  });
}
