import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import type { BuildsDirectory } from '../cache/builds-directory.ts';
import type { Workspace } from '../cache/workspace.ts';
import { makeReadable } from '../confinement/readable-copy.ts';
import { handOver, sealTree } from '../confinement/seal-tree.ts';

/** Variables of git that name a file or directory with certificate authorities. */
const CERTIFICATE_VARIABLES = ['GIT_SSL_CAINFO', 'GIT_SSL_CAPATH', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/** Where the git commands of one build run: under its account, with its view of the machine. */
export interface ConfinedGit {
  /** Directory of git's own, below which it finds no repository that somebody else has made. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /**
   * The command that runs a command of git's.
   *
   * @param isPrompt - as in `CommandManner`.
   */
  compose(command: readonly string[], isPrompt: boolean): Promise<readonly string[]>;
}

export interface ConfineGitDeps {
  readonly builds: BuildsDirectory;
  readonly request: BuildRequest & { readonly account: NonNullable<BuildRequest['account']> };
  readonly workspace: Workspace;
  /** What git would get as its environment; paths in it are those of the server. */
  readonly gitEnv: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/**
 * Makes what git needs to run under the account of a build. What it fetches lies in `git` and `checkout` of the
 * workspace, whose names are root's; nobody has read anything of it as root before {@link takeBack}.
 */
export async function confineGit(deps: ConfineGitDeps): Promise<ConfinedGit> {
  const { request, workspace, gitEnv, signal } = deps;
  const folders = [join(workspace.dir, 'git'), join(workspace.dir, 'checkout')];
  for (const folder of folders) {
    await mkdir(folder, { mode: 0o700 });
    handOver(folder, request.account);
  }
  const certificates: Record<string, string> = {};
  for (const name of CERTIFICATE_VARIABLES) {
    const path = gitEnv[name];
    if (path === undefined) continue;
    const readable = { ...deps, getWorkspace: async () => await Promise.resolve(workspace) };
    // One that is not there is for git to complain about.
    certificates[name] = await makeReadable(readable, path).catch(() => path);
  }
  signal.throwIfAborted();
  return {
    cwd: workspace.homeDir,
    env: { ...workspace.env, ...certificates },
    async compose(command, isPrompt) {
      const view = {
        readOnly: Object.values(certificates),
        writable: [...folders, workspace.homeDir, workspace.tmpDir],
        temporaryDir: workspace.tmpDir,
        cwd: workspace.homeDir,
      };
      return await workspace.confinement.compose(command, view, { isPrompt });
    },
  };
}

/** Makes a tree that git has written under the account of a build root's own; until then it may hold anything. */
export async function takeBack(
  dir: string,
  { request, workspace, signal }: Pick<ConfineGitDeps, 'request' | 'workspace' | 'signal'>,
): Promise<void> {
  await workspace.killAll();
  await sealTree(dir, request.account, { maxBytes: request.limits.diskBytes, allowsAnyName: true, signal });
}
