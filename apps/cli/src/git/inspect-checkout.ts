import { runGit } from './run-git.ts';

/** Paths that a warning names. */
const SHOWN_FILES = 3;
/** Fields before the path in each kind of record; a path may have spaces. */
const FIELDS_BEFORE_PATH: Readonly<Record<string, number>> = { '1': 8, '2': 9, u: 10, '?': 1 };

/** What a checkout holds that the server cannot fetch. */
export interface CheckoutState {
  /** Files changed or not added, below the directory; relative to the top of the checkout. */
  readonly changedFiles: readonly string[];
  /** Commits that the tracked branch of the remote does not have; undefined when the branch tracks none. */
  readonly unpushedCommitCount: number | undefined;
}

/**
 * Inspects the git checkout that a directory belongs to.
 *
 * @returns undefined when it is in none, or git is absent or too slow: the answer is only good for a warning.
 */
export async function inspectCheckout(
  directory: string,
  signal: AbortSignal,
): Promise<CheckoutState | undefined> {
  const git = (...args: string[]): Promise<string | undefined> => runGit(directory, args, signal);
  const output = await git(
    'status',
    '--porcelain=v2',
    '--branch',
    '--untracked-files=normal',
    // Only their commits are compared: to look into them is a git of its own, with their configuration.
    '--ignore-submodules=dirty',
    '-z',
    '--',
    '.',
  );
  if (output === undefined) return undefined;
  const state = parseStatus(output);
  if (state.unpushedCommitCount !== undefined) return state;
  return { ...state, unpushedCommitCount: await countUnknownToRemotes(git) };
}

/** A branch that tracks none: commits that no branch of any remote had when git last looked. */
async function countUnknownToRemotes(
  git: (...args: string[]) => Promise<string | undefined>,
): Promise<number | undefined> {
  // Without any, nothing is known of what was pushed.
  const known = await git('for-each-ref', '--count=1', 'refs/remotes');
  if (known === undefined || known === '') return undefined;
  const count = await git('rev-list', '--count', 'HEAD', '--not', '--remotes');
  return count === undefined ? undefined : Number(count);
}

/**
 * Parses `git status --porcelain=v2 --branch -z` (git-status, "Porcelain Format Version 2").
 *
 * @param output - records that end in NUL; a renamed entry (`2 …`) is followed by its old path.
 */
export function parseStatus(output: string): CheckoutState {
  const records = output.split('\0');
  const changedFiles: string[] = [];
  let unpushedCommitCount: number | undefined;
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index] ?? '';
    const ahead = /^# branch\.ab \+(\d+) /.exec(record)?.[1];
    if (ahead !== undefined) unpushedCommitCount = Number(ahead);
    const fieldsBefore = FIELDS_BEFORE_PATH[record.split(' ', 1)[0] ?? ''];
    if (fieldsBefore !== undefined) changedFiles.push(record.split(' ').slice(fieldsBefore).join(' '));
    if (record.startsWith('2 ')) index += 1;
  }
  return { changedFiles, unpushedCommitCount };
}

/** Words the state as a warning, or undefined when all is pushed. */
export function describeUnpushedWork(state: CheckoutState, remote: string): string | undefined {
  const { changedFiles: files, unpushedCommitCount: commits = 0 } = state;
  const parts: string[] = [];
  if (files.length > 0) parts.push(`${count(files.length, 'uncommitted file')} (${listFiles(files)})`);
  if (commits > 0) parts.push(count(commits, 'unpushed commit'));
  if (parts.length === 0) return undefined;
  return `the working directory has ${parts.join(' and ')}, but the server builds what is pushed to ${remote}`;
}

function listFiles(files: readonly string[]): string {
  const shown = files.slice(0, SHOWN_FILES).join(', ');
  return files.length > SHOWN_FILES ? `${shown}, …` : shown;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
