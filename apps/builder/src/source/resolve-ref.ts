import { PlatformError } from '@racetrack-platform/errors';
import { runGit, type GitCommandDeps } from './git-command.ts';
import { isAbbreviatedCommitId, isCommitId, isRefName } from './git-ref.ts';

/** Branches that an error message names. */
const MAX_LISTED_BRANCHES = 10;

/** A ref, made certain. */
export interface ResolvedRef {
  /** What to fetch: a full ref name, or a commit id. */
  readonly refspec: string;
  /** Whole commit id that it stands for now. */
  readonly commit: string;
}

/**
 * Finds the commit that a manifest's ref stands for, by asking the remote.
 *
 * A branch goes before a tag of the same name, and both before the beginning of a commit id.
 *
 * @param ref - branch, tag or commit id; `null`: the remote's default branch.
 * @param cwd - an existing directory of the builder's.
 * @throws PlatformError `MANIFEST_INVALID` for a text that can be no ref, `SOURCE_UNAVAILABLE` when the remote cannot be
 *   read or has no such ref.
 */
export async function resolveRef(
  deps: GitCommandDeps,
  ref: string | null,
  cwd: string,
): Promise<ResolvedRef> {
  if (ref !== null && isCommitId(ref)) {
    // Asking proves that the repository may be read, also when the commit is in the cache already.
    await listRefs(deps, cwd, ['HEAD']);
    return { refspec: ref.toLowerCase(), commit: ref.toLowerCase() };
  }
  if (ref === null || ref === 'HEAD') return await resolveDefaultBranch(deps, cwd);
  if (!isRefName(ref)) {
    throw new PlatformError('MANIFEST_INVALID', `git.branch: "${ref}" is not a branch, tag or commit id`, {
      hint: 'Write the name of a branch or tag, or the 40 digits of a commit.',
    });
  }
  const candidates = [...(ref.startsWith('refs/') ? [ref] : []), `refs/heads/${ref}`, `refs/tags/${ref}`];
  // An annotated tag is an object of its own; `^{}` is the commit that it names (git-ls-remote).
  const patterns = candidates.flatMap((name) => [name, `${name}^{}`]);
  const refs = await listRefs(deps, cwd, patterns);
  const name = candidates.find((candidate) => refs.has(candidate));
  if (name !== undefined) return { refspec: name, commit: refs.get(`${name}^{}`) ?? refs.get(name) ?? '' };
  return await resolveAbbreviated(deps, ref, cwd);
}

async function resolveDefaultBranch(deps: GitCommandDeps, cwd: string): Promise<ResolvedRef> {
  const commit = (await listRefs(deps, cwd, ['HEAD'])).get('HEAD');
  if (commit !== undefined) return { refspec: 'HEAD', commit };
  const branches = listBranches(await listRefs(deps, cwd, ['refs/heads/*']));
  throw new PlatformError(
    'SOURCE_UNAVAILABLE',
    `${deps.remote.address} has no default branch; ${describeBranches(branches)}`,
    {
      hint: 'Check that git.remote is the address that git clone takes; push a commit, or name a branch in git.branch.',
    },
  );
}

async function resolveAbbreviated(deps: GitCommandDeps, ref: string, cwd: string): Promise<ResolvedRef> {
  const refs = await listRefs(deps, cwd, []);
  if (isAbbreviatedCommitId(ref)) {
    const commits = new Set([...refs.values()].filter((id) => id.startsWith(ref.toLowerCase())));
    const [commit] = commits;
    if (commit !== undefined && commits.size === 1) return { refspec: commit, commit };
  }
  const branches = describeBranches(listBranches(refs));
  const message = `${deps.remote.address} has no branch or tag "${ref}"; ${branches}`;
  throw new PlatformError('SOURCE_UNAVAILABLE', message, {
    hint: isAbbreviatedCommitId(ref)
      ? 'If this is a commit id, write all 40 digits: a server cannot be asked for a shortened one.'
      : 'Correct git.branch in the manifest, or push the branch.',
  });
}

async function listRefs(
  deps: GitCommandDeps,
  cwd: string,
  patterns: readonly string[],
): Promise<Map<string, string>> {
  const output = await runGit(deps, ['ls-remote', '--', deps.remote.address, ...patterns], { cwd });
  const refs = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [id = '', name] = line.split('\t');
    if (name !== undefined && isCommitId(id)) refs.set(name, id);
  }
  return refs;
}

function listBranches(refs: ReadonlyMap<string, string>): string[] {
  return [...refs.keys()]
    .filter((name) => name.startsWith('refs/heads/'))
    .map((name) => name.slice('refs/heads/'.length));
}

function describeBranches(branches: readonly string[]): string {
  if (branches.length === 0) return 'it has no branches at all';
  const listed = branches.slice(0, MAX_LISTED_BRANCHES).join(', ');
  const more = branches.length - MAX_LISTED_BRANCHES;
  return `its branches are ${listed}${more > 0 ? ` and ${more} more` : ''}`;
}
