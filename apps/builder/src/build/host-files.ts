import type { BuildRequest, BuildStep, RunSpec } from '@racetrack-platform/contracts';
import { makeReadable, type ReadableCopyDeps } from '../confinement/readable-copy.ts';
import { listTexts } from '../steps/list-texts.ts';

const PLUGIN_PLACEHOLDER = '${plugin}';
/** What means something in a regular expression. */
const SPECIAL = /[$()*+.?[\\\]^{|}]/g;

export type HostFilesDeps = ReadableCopyDeps & {
  readonly request: Pick<BuildRequest, 'pluginDir' | 'plan'>;
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

/** Finds the plugin's folder and the plan's `hostPaths` for steps that may run under an account. */
export async function openHostFiles(deps: HostFilesDeps, steps: readonly BuildStep[]): Promise<HostFiles> {
  const texts = listTexts(steps);
  const { pluginDir, plan } = deps.request;
  const ownDir = mention(texts, PLUGIN_PLACEHOLDER) ? await makeReadable(deps, pluginDir) : pluginDir;
  const moved = new Map<string, string>();
  for (const hostPath of (plan.hostPaths ?? []).map(stripSlashes)) {
    if (mention(texts, hostPath)) moved.set(hostPath, await makeReadable(deps, hostPath));
  }
  return {
    steps: deps.request.account === null ? steps : steps.map((step) => relocateStep(step, moved)),
    pluginDir: ownDir,
    readOnly: [ownDir, ...(plan.hostPaths ?? []), ...moved.values()],
  };
}

/** What `${plugin}` stands for when the job runs, under an account of its own where its build had one. */
export async function findPluginDir(deps: HostFilesDeps, run: RunSpec): Promise<string> {
  const { pluginDir } = deps.request;
  return mention(listTexts([run]), PLUGIN_PLACEHOLDER) ? await makeReadable(deps, pluginDir) : pluginDir;
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
