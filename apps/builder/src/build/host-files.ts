import { isAbsolute } from 'node:path';
import type { BuildRequest, BuildStep, RunSpec } from '@racetrack-platform/contracts/processes';
import { PlatformError } from '@racetrack-platform/errors';
import { makeReadable, type ReadableCopyDeps } from '../confinement/readable-copy.ts';
import { listTexts } from '../steps/list-texts.ts';
import { resolveHostPath, type HostPathTerms } from './resolve-host-path.ts';

const PLUGIN_PLACEHOLDER = '${plugin}';
/** A path that leaves where it begins. */
const CLIMBS = /(?:^|\/)\.\.(?:\/|$)/;
/** What means something in a regular expression. */
const SPECIAL = /[$()*+.?[\\\]^{|}]/g;

export type HostFilesDeps = ReadableCopyDeps & {
  readonly request: Pick<BuildRequest, 'plan'> & HostPathTerms;
};

/** Steps that can be run, with what of the server's own files they read. */
export interface HostFiles {
  /** With paths that their account can read. */
  readonly steps: readonly BuildStep[];
  /** What `${plugin}` stands for. */
  readonly pluginDir: string;
  /** Everything that must be visible. */
  readonly readOnly: readonly string[];
}

/**
 * Finds the plugin's folder and the plan's `hostPaths` for steps that may run under an account.
 *
 * @throws PlatformError `PLUGIN_FAILED` as {@link resolveHostPath}.
 */
export async function openHostFiles(deps: HostFilesDeps, steps: readonly BuildStep[]): Promise<HostFiles> {
  const texts = listTexts(steps);
  const { pluginDir, plan } = deps.request;
  const ownDir = mention(texts, PLUGIN_PLACEHOLDER) ? await makeReadable(deps, pluginDir) : pluginDir;
  const moved = new Map<string, string>();
  // Without an account there is nobody to read anything for.
  if (deps.request.account === null) return { steps, pluginDir: ownDir, readOnly: [] };
  const readOnly = [ownDir];
  for (const hostPath of (plan.hostPaths ?? []).map(stripSlashes)) {
    const original = await resolveHostPath(deps.request, hostPath);
    readOnly.push(original);
    if (!mention(texts, hostPath)) continue;
    const readable = deps.request.trustsHostPaths ? await makeReadable(deps, original) : original;
    moved.set(hostPath, readable);
    readOnly.push(readable);
  }
  return { steps: steps.map((step) => relocateStep(step, moved)), pluginDir: ownDir, readOnly };
}

/**
 * What `${plugin}` stands for when the job runs, under an account of its own where its build had one.
 *
 * @throws PlatformError `PLUGIN_FAILED` as {@link resolveHostPath}, for the program of a plugin that is not trusted.
 */
export async function findPluginDir(deps: HostFilesDeps, run: RunSpec): Promise<string> {
  const { pluginDir, account, trustsHostPaths } = deps.request;
  const [program = ''] = run.command;
  if (account !== null && !trustsHostPaths) {
    // Jobs get to see the installation of their program, wherever it is, and root enters their directory for them.
    for (const path of [program, run.cwd ?? '']) {
      if (isAbsolute(path)) await resolveHostPath(deps.request, path);
      else if (CLIMBS.test(path)) throw refuseClimbing(deps.request.jobType, path);
    }
  }
  return mention(listTexts([run]), PLUGIN_PLACEHOLDER) ? await makeReadable(deps, pluginDir) : pluginDir;
}

function refuseClimbing(jobType: string, path: string): PlatformError {
  return new PlatformError('PLUGIN_FAILED', `job type ${jobType} wants to run in or from ${path}`, {
    hint: 'Ask the author of the plugin: such a path begins with ${source}, ${environment} or ${plugin} and stays inside.',
  });
}

function mention(texts: readonly string[], part: string): boolean {
  return texts.some((text) => text.includes(part));
}

function relocateStep(step: BuildStep, moved: ReadonlyMap<string, string>): BuildStep {
  const relocate = (text: string): string => relocateText(text, moved);
  const env = Object.entries(step.env ?? {}).map(([name, value]) => [name, relocate(value)] as const);
  return {
    title: step.title,
    command: step.command.map(relocate),
    ...(step.cwd !== undefined && { cwd: relocate(step.cwd) }),
    env: Object.fromEntries(env),
  };
}

/** Puts the new path in the place of the old one, but not of one that only begins or ends like it. */
function relocateText(text: string, moved: ReadonlyMap<string, string>): string {
  let relocated = text;
  for (const [from, to] of moved) {
    if (from === to) continue;
    const pattern = new RegExp(`(?<![^=:;,"'\\s])${from.replaceAll(SPECIAL, '\\$&')}(?![^/:;,"'\\s])`, 'g');
    relocated = relocated.replaceAll(pattern, () => to);
  }
  return relocated;
}

function stripSlashes(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}
