import { execFile } from 'node:child_process';

/** Long enough for a large checkout, short enough not to be waited for. */
const TIMEOUT_MS = 3_000;
const OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024;

/** What a checkout holds that the server cannot fetch. */
export interface CheckoutState {
  /** Files changed or not added, below the directory. */
  readonly changedFileCount: number;
  /** Commits that the tracked branch of the remote does not have. */
  readonly unpushedCommitCount: number;
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
  const output = await new Promise<string | undefined>((resolve) => {
    // Hooks of the file system monitor would run programs of the checkout; locks would disturb other git processes.
    const options = ['-c', 'core.fsmonitor=false', '--no-optional-locks', '-C', directory];
    execFile(
      'git',
      [...options, 'status', '--porcelain=v2', '--branch', '--untracked-files=normal', '-z', '--', '.'],
      { timeout: TIMEOUT_MS, maxBuffer: OUTPUT_LIMIT_BYTES, signal, encoding: 'utf8' },
      (error, stdout) => resolve(error === null ? stdout : undefined),
    );
  });
  return output === undefined ? undefined : parseStatus(output);
}

/**
 * Parses `git status --porcelain=v2 --branch -z` (git-status, "Porcelain Format Version 2").
 *
 * @param output - records that end in NUL; a renamed entry (`2 …`) is followed by its old path.
 */
export function parseStatus(output: string): CheckoutState {
  const records = output.split('\0');
  let changedFileCount = 0;
  let unpushedCommitCount = 0;
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index] ?? '';
    const ahead = /^# branch\.ab \+(\d+) /.exec(record)?.[1];
    if (ahead !== undefined) unpushedCommitCount = Number(ahead);
    if (/^[12u?] /.test(record)) changedFileCount += 1;
    if (record.startsWith('2 ')) index += 1;
  }
  return { changedFileCount, unpushedCommitCount };
}

/** Words the state as a warning, or undefined when all is pushed. */
export function describeUnpushedWork(state: CheckoutState, remote: string): string | undefined {
  const parts: string[] = [];
  if (state.changedFileCount > 0) parts.push(count(state.changedFileCount, 'uncommitted file'));
  if (state.unpushedCommitCount > 0) parts.push(count(state.unpushedCommitCount, 'unpushed commit'));
  if (parts.length === 0) return undefined;
  return `the working directory has ${parts.join(' and ')}, but the server builds what is pushed to ${remote}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
