import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workspace } from '../cache/workspace.ts';
import { runGit, type GitCommandDeps } from './git-command.ts';
import { isCommitId } from './git-ref.ts';
import type { ResolvedRef } from './resolve-ref.ts';

const LOCAL_REF = 'refs/racetrack/source';

/** Hexadecimal digits of an id of a repository that uses SHA-256 (git-hash-function-transition). */
const SHA256_DIGITS = 64;

/**
 * Fetches one commit without its history and checks it out; no hooks, submodules, tags or filters take part.
 *
 * @param resolved - what to fetch.
 * @param workspace - gets the checkout; the repository itself stays beside it. Both may be there already, empty.
 * @returns the checkout's directory, and the commit that it really is (a branch may have moved).
 * @throws PlatformError `SOURCE_UNAVAILABLE` when the remote does not hand it out.
 */
export async function fetchCommit(
  deps: GitCommandDeps,
  resolved: ResolvedRef,
  workspace: Workspace,
): Promise<{ checkoutDir: string; commit: string }> {
  const gitDir = join(workspace.dir, 'git');
  const checkoutDir = join(workspace.dir, 'checkout');
  await mkdir(checkoutDir, { recursive: true });
  const env = { ...workspace.env, GIT_DIR: gitDir, GIT_WORK_TREE: checkoutDir };
  /** Small work does not wait for processors that others leave. */
  const git = async (...args: string[]): Promise<string> =>
    await runGit(deps, args, { cwd: workspace.dir, env });
  const gitInGroup = async (...args: string[]): Promise<string> =>
    await runGit(deps, args, { cwd: workspace.dir, env, admit: workspace.confinement.admit });

  const format = resolved.commit.length === SHA256_DIGITS ? 'sha256' : 'sha1';
  await git('init', '--quiet', '--template=', `--object-format=${format}`);
  const flags = ['--quiet', '--depth=1', '--no-tags', '--no-recurse-submodules', '--update-shallow'];
  await gitInGroup('fetch', ...flags, '--', deps.remote.address, `+${resolved.refspec}:${LOCAL_REF}`);
  await gitInGroup('checkout', '--quiet', '--force', '--detach', LOCAL_REF);
  // The commit itself, also where the ref was an annotated tag. Asked for: the file with it may be anything by now.
  const commit = (await git('rev-parse', '--verify', 'HEAD')).trim();
  if (!isCommitId(commit)) throw new Error('git answered no commit id');
  return { checkoutDir, commit };
}
