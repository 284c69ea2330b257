import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest, SourceSpec } from '@racetrack-platform/contracts/processes';
import { failpoint } from '@racetrack-platform/failpoints';
import { z } from 'zod';
import type { BuildsDirectory } from '../cache/builds-directory.ts';
import { syncPath } from '../cache/durable-files.ts';
import { ENTRY_TREE, findEntryMark, noteUse, writeEntryMark } from '../cache/entry-mark.ts';
import type { Workspace } from '../cache/workspace.ts';
import type { BuilderConfig } from '../config.ts';
import type { BuildWatch } from '../limits/watch-build.ts';
import { sourceKey } from '../keys/cache-keys.ts';
import { digestTree } from '../keys/digest-tree.ts';
import type { BuildOutput } from '../protocol/build-output.ts';
import { fetchCommit } from './fetch-commit.ts';
import type { GitCommandDeps } from './git-command.ts';
import { isCommitId } from './git-ref.ts';
import { parseGitRemote } from './git-remote.ts';
import { openGitNetwork } from './network/git-network.ts';
import { readRepositoryManifest, repositoryManifestSchema } from './repository-manifest.ts';
import { findTextInside } from './resolve-inside.ts';
import { resolveRef, type ResolvedRef } from './resolve-ref.ts';
import { normalizeDirectory, selectDirectory } from './select-directory.ts';

/** Hexadecimal digits of a short commit id. */
const SHORT_ID_LENGTH = 7;

const sourceDetailsSchema = z.object({
  commit: z.string(),
  /** Of the tree without its manifest. */
  treeDigest: z.string(),
  warnings: z.array(z.string()),
  manifest: repositoryManifestSchema,
});
type SourceDetails = z.infer<typeof sourceDetailsSchema>;

export interface ObtainSourceDeps {
  readonly config: BuilderConfig;
  readonly builds: BuildsDirectory;
  readonly getWorkspace: () => Promise<Workspace>;
  readonly getWatch: () => Promise<Pick<BuildWatch, 'check'>>;
  readonly output: Pick<BuildOutput, 'log'>;
  readonly now: () => number;
}

/** A source, ready to be read; not to be changed, since others may share it. */
export interface PreparedSource {
  /** What is known about the source may be kept here; shared like the tree. */
  readonly entryDir: string;
  readonly treeDir: string;
  /** `null` for an uploaded build context. */
  readonly commit: string | null;
  readonly gitVersion: string;
  /** Of the tree without its manifest. */
  readonly treeDigest: string;
  readonly warnings: readonly string[];
  /** `null` where there is nothing to compare with. */
  readonly manifest: SourceDetails['manifest'] | null;
}

/**
 * Fetches one commit, or takes it from the cache, or unpacks the uploaded build context.
 *
 * @throws PlatformError `SOURCE_REFUSED`, `SOURCE_UNAVAILABLE`, `MANIFEST_INVALID` or `BUILD_CONTEXT_INVALID`.
 */
export async function obtainSource(
  deps: ObtainSourceDeps,
  request: BuildRequest,
  signal: AbortSignal,
): Promise<PreparedSource> {
  switch (request.source.kind) {
    case 'git':
      return await obtainFromGit(deps, request, request.source, signal);
    case 'archive':
      return await obtainFromArchive(deps, request, request.source.path, signal);
  }
}

async function obtainFromArchive(
  deps: ObtainSourceDeps,
  request: BuildRequest,
  path: string,
  signal: AbortSignal,
): Promise<PreparedSource> {
  const { account } = request;
  const workspace = await deps.getWorkspace();
  const entryDir = join(workspace.dir, 'uploaded');
  const treeDir = join(entryDir, ENTRY_TREE);
  await mkdir(treeDir, { recursive: true });
  // Loaded here: most builds come from git.
  if (account === null) {
    const { unpackArchive } = await import('./unpack-archive.ts');
    await unpackArchive(path, treeDir, signal);
  } else {
    const { unpackConfined } = await import('./unpack-confined.ts');
    const unpacking = { request: { ...request, account }, workspace, path: deps.config.path, signal };
    await unpackConfined(unpacking, path, treeDir);
  }
  deps.output.log('source: the uploaded build context');
  const facts = { commit: null, gitVersion: 'tar', warnings: [], manifest: null };
  return { ...facts, entryDir, treeDir, treeDigest: await digestTree(treeDir) };
}

async function obtainFromGit(
  deps: ObtainSourceDeps,
  request: BuildRequest,
  source: Extract<SourceSpec, { kind: 'git' }>,
  signal: AbortSignal,
): Promise<PreparedSource> {
  const remote = parseGitRemote(source.remote, {
    allowLocalGit: request.allowLocalGit,
    credentials: source.credentials,
  });
  const directory = normalizeDirectory(source.directory);
  const findFetched = async ({ commit }: ResolvedRef): Promise<PreparedSource | undefined> => {
    const entryDir = join(deps.builds.sources, sourceKey(remote.address, commit, directory));
    const cached = request.noCache ? undefined : await findCached(entryDir);
    if (cached === undefined) return undefined;
    await noteUse(entryDir);
    deps.output.log(`source: commit ${cached.commit} of ${remote.address}, fetched earlier`);
    return present(entryDir, cached);
  };
  const recorded = findRecordedCommit(source.commit);
  // Needs no network at all.
  const known = recorded && (await findFetched(recorded));
  if (known !== undefined) return known;

  await using network = await openGitNetwork(deps.config, remote, request);
  const account = remote.kind === 'https' ? await openAccount(deps, request, signal) : undefined;
  const git = {
    config: deps.config,
    remote,
    network,
    signal,
    memory: findMemoryLimit(request),
    confined: account?.confined ?? null,
  };
  /** A limit may be the reason of a failure, and says more than git does. */
  const checkLimits = async (error: unknown): Promise<never> => {
    await (await deps.getWatch()).check();
    signal.throwIfAborted();
    throw error;
  };
  const resolving = recorded ?? resolveRef(git, source.ref, deps.builds.workspaces);
  const resolved = await (account === undefined ? resolving : Promise.resolve(resolving).catch(checkLimits));
  const fetched = await findFetched(resolved);
  if (fetched !== undefined) return fetched;

  const workspace = await deps.getWorkspace();
  const { checkoutDir, commit } = await fetchCommit(git, resolved, workspace).catch(checkLimits);
  await account?.takeBack(checkoutDir);
  deps.output.log(`source: commit ${commit} of ${remote.address}`);
  const draftDir = join(workspace.dir, 'source-draft');
  const treeDir = join(draftDir, ENTRY_TREE);
  const jobDir = await selectDirectory(checkoutDir, directory);
  const manifest = await readRepositoryManifest(checkoutDir, directory);
  const warnings = await listWarnings(checkoutDir);
  await mkdir(draftDir);
  await rename(jobDir, treeDir);
  const details = { commit, treeDigest: await digestTree(treeDir), warnings, manifest };
  const key = sourceKey(remote.address, commit, directory);
  await writeEntryMark(draftDir, { key, createdAtMs: deps.now(), details });
  return present(await store(join(deps.builds.sources, key), draftDir), details);
}

/**
 * Git, and whoever it talks to, get no farther than the steps of the build: it runs under their account. Repositories of
 * this machine are the administrator's, and only the builder may read them.
 */
async function openAccount(deps: ObtainSourceDeps, request: BuildRequest, signal: AbortSignal) {
  const { account } = request;
  if (account === null) return undefined;
  // Loaded here: without accounts there is nothing to hand over.
  const [{ confineGit, takeBack }, workspace] = await Promise.all([
    import('./confined-git.ts'),
    deps.getWorkspace(),
  ]);
  const { builds, config } = deps;
  const confining = { builds, request: { ...request, account }, workspace, gitEnv: config.gitEnv, signal };
  return {
    confined: await confineGit(confining),
    takeBack: async (dir: string) => await takeBack(dir, confining),
  };
}

function findMemoryLimit({ tools, limits }: BuildRequest): GitCommandDeps['memory'] {
  const prlimit = tools?.prlimit ?? null;
  return prlimit === null || limits.memoryBytes === null ? null : { prlimit, bytes: limits.memoryBytes };
}

function findRecordedCommit(commit: string | null): ResolvedRef | undefined {
  // A recorded commit was fetched before with the credentials of its job, so it is not asked for again.
  if (commit === null || !isCommitId(commit)) return undefined;
  return { refspec: commit.toLowerCase(), commit: commit.toLowerCase() };
}

async function findCached(entryDir: string): Promise<SourceDetails | undefined> {
  const mark = await findEntryMark(entryDir);
  return mark === undefined ? undefined : sourceDetailsSchema.safeParse(mark.details).data;
}

/** Moves a complete draft to its place; when another build was faster, the draft itself serves this one. */
async function store(entryDir: string, draftDir: string): Promise<string> {
  try {
    failpoint('before-source-stored');
    await rename(draftDir, entryDir);
    failpoint('after-source-stored');
  } catch {
    return draftDir;
  }
  await syncPath(join(entryDir, '..'));
  return entryDir;
}

function present(entryDir: string, details: SourceDetails): PreparedSource {
  const gitVersion = details.commit.slice(0, SHORT_ID_LENGTH);
  return { ...details, entryDir, treeDir: join(entryDir, ENTRY_TREE), gitVersion };
}

async function listWarnings(checkoutDir: string): Promise<string[]> {
  const read = async (name: string): Promise<string | undefined> =>
    await findTextInside(checkoutDir, name).catch(() => undefined);
  const warnings: string[] = [];
  if ((await read('.gitmodules')) !== undefined) {
    warnings.push('the repository has submodules; their directories stay empty, they are not fetched');
  }
  if ((await read('.gitattributes'))?.includes('filter=lfs') === true) {
    warnings.push('the repository uses Git LFS; its large files are left as pointers, they are not fetched');
  }
  return warnings;
}
