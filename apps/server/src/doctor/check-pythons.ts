import { execFile } from 'node:child_process';
import { existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { findImpassable } from '@racetrack-platform/sandbox';
import { z } from 'zod';
import { fail, ok, warn, type Check } from './check.ts';

const ANSWER_LIMIT_MS = 10_000;
/** Oldest Python that jobs run on, and the newest that is looked for (as the Python job type does). */
const MINORS = { oldest: 9, newest: 16 } as const;
/** Looked at after the search path, for jobs with users of their own (as the Python job type does). */
const SHARED_DIRECTORIES = ['/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'];

const INSTALL = `Install Python 3.${MINORS.oldest} or newer with venv and pip for everybody (Debian: apt install python3-venv python3-pip).`;

/** Asks an interpreter what it is, and why it cannot make environments, if so. */
const PROBE = `
import json, platform, sys
from importlib.util import find_spec
defect = None
if sys.version_info < (3, ${MINORS.oldest}): defect = 'is too old for jobs'
elif not find_spec('venv'): defect = 'has no venv module'
elif not find_spec('pip') and not find_spec('ensurepip'): defect = 'has no pip module'
print(json.dumps({'version': platform.python_version(), 'executable': sys.executable, 'defect': defect}))
`;

const answerSchema = z.object({
  version: z.string(),
  executable: z.string().min(1),
  defect: z.string().nullable(),
});

interface Interpreter {
  /** `python3`, or with a minor version. */
  readonly name: string;
  readonly label: string;
  readonly defect: string | null;
  readonly isReachable: boolean;
}

/**
 * Looks for Python where the Python job type does, and says which one jobs get.
 *
 * @param searchPath - the variable `PATH`.
 * @param needsReach - whether jobs run as users of their own: an interpreter in a private folder is passed over then.
 */
export async function checkPythons(searchPath: string, needsReach: boolean): Promise<Check[]> {
  const found = await findInterpreters(searchPath, needsReach);
  const within = found.filter(({ isReachable }) => isReachable);
  const standard = within.find(({ name }) => name === 'python3');
  const others = within.filter(({ label, defect }) => defect === null && label !== standard?.label);
  const outside = found.filter(({ isReachable }) => !isReachable).map(({ label }) => label);
  return [
    checkStandard(standard, outside),
    ...unique(others.map(({ label }) => label)).map((label) => ok(`${label}, for jobs that ask for it`)),
    ...(standard === undefined
      ? []
      : unique(outside).map((label) => ok(`${label} is passed over: it lies in a private folder`))),
  ];
}

function checkStandard(standard: Interpreter | undefined, outside: readonly string[]): Check {
  if (standard === undefined) {
    const [first] = outside;
    return first === undefined
      ? fail('no python3 was found, so Python jobs cannot run', INSTALL)
      : fail(`${first} is out of reach for the users that jobs run as, and there is no other`, INSTALL);
  }
  const { label, defect } = standard;
  return defect === null
    ? ok(`${label}, for jobs that ask for no other`)
    : warn(`${label} ${defect}; jobs that ask for no other version cannot run`, INSTALL);
}

async function findInterpreters(searchPath: string, needsReach: boolean): Promise<Interpreter[]> {
  const minors = Array.from(
    { length: MINORS.newest - MINORS.oldest + 1 },
    (_, index) => MINORS.oldest + index,
  );
  const names = ['python3', ...minors.map((minor) => `python3.${minor}`)];
  const directories = unique([
    ...searchPath.split(path.delimiter),
    ...(needsReach ? SHARED_DIRECTORIES : []),
  ]).filter((directory) => path.isAbsolute(directory));
  const programs = names.flatMap((name) =>
    directories.map((directory) => ({ name, program: path.join(directory, name) })),
  );
  const answers = await Promise.all(
    programs
      .filter(({ program }) => existsSync(program))
      .map(async ({ name, program }) => await probe(name, program, needsReach)),
  );
  return answers.filter((answer) => answer !== undefined);
}

/** Answers undefined for what is no working Python. */
async function probe(name: string, program: string, needsReach: boolean): Promise<Interpreter | undefined> {
  const output = await new Promise<string>((resolve) => {
    execFile(
      program,
      ['-I', '-c', PROBE],
      { timeout: ANSWER_LIMIT_MS, killSignal: 'SIGKILL' },
      (error, stdout) => resolve(error === null ? stdout : ''),
    );
  });
  const { success, data } = answerSchema.safeParse(parseJson(output));
  if (!success) return undefined;
  return {
    name,
    label: `Python ${data.version} at ${realpathSync(data.executable)}`,
    defect: data.defect,
    isReachable: !needsReach || isReachable(data.executable),
  };
}

/** Whether every user of this machine may run a program. */
function isReachable(program: string): boolean {
  return (statSync(program).mode & 0o001) !== 0 && findImpassable(program).length === 0;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
