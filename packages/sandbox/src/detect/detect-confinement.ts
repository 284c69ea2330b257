import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CgroupControllers } from '../cgroup/cgroup.ts';
import { PROBE_PREFIX } from '../cgroup/remove-stale-probes.ts';
import { openCgroups } from '../cgroup/open-cgroups.ts';
import { composeConfinedCommand } from '../command/confined-command.ts';
import type { ConfinedCommandOptions, ConfinementTools } from '../command/confinement-options.ts';
import { missing, type Feature, type Missing } from '../feature.ts';
import { findTools } from './find-tools.ts';
import { runTrial, type TrialOutcome } from './run-trial.ts';

/** What this machine, and our own rights on it, allow. */
export interface Confinement {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
  readonly tools: ConfinementTools;
  /** Processes can be run under accounts of their own. */
  readonly accounts: Feature;
  /** The limits of single processes can be set. */
  readonly limits: Feature;
  /** Processes can be given a view of the machine of their own, by bubblewrap. */
  readonly namespaces: Feature;
  /** Groups of processes can be limited by the kernel. */
  readonly cgroup:
    | { readonly isAvailable: true; readonly version: 1 | 2; readonly controllers: CgroupControllers }
    | Missing;
}

/** `nobody`: an account that owns nothing. */
const TRIAL_ACCOUNT = { uid: 65_534, gid: 65_534 };
const NO_LIMITS = { openFiles: null, processes: null, fileBytes: null };
const TRIAL_EXIT_CODE = 7;

/**
 * Finds out what is in force on this machine by trying each thing once. Takes some 100 ms; nothing is left behind.
 *
 * Where control groups of version 2 were delegated to us, our own processes are moved into a leaf of their own.
 */
export async function detectConfinement(): Promise<Confinement> {
  const isRoot = process.getuid?.() === 0;
  const found = findTools(isRoot);
  const [privileges, limits, cgroup] = await Promise.all([
    trySetpriv(found),
    tryPrlimit(found),
    detectCgroups(),
  ]);
  const usable: ConfinementTools = {
    ...found,
    setpriv: privileges.isAvailable ? found.setpriv : null,
    prlimit: limits.isAvailable ? found.prlimit : null,
  };
  const namespaces = await tryNamespaces(usable);
  return {
    platform: process.platform,
    isRoot,
    tools: { ...usable, bwrap: namespaces.isAvailable ? usable.bwrap : null },
    accounts: isRoot
      ? privileges
      : missing('the platform does not run as root', 'Start the platform as root.'),
    limits,
    namespaces,
    cgroup,
  };
}

async function detectCgroups(): Promise<Confinement['cgroup']> {
  const support = await openCgroups({ name: `${PROBE_PREFIX}${process.pid}` });
  if (!support.isAvailable) return support;
  const { manager } = support;
  return { isAvailable: true, version: manager.version, controllers: manager.controllers };
}

async function trySetpriv(tools: ConfinementTools): Promise<Feature> {
  if (tools.setpriv === null) return missing('setpriv is not installed', 'Install util-linux.');
  const account = tools.isRoot ? TRIAL_ACCOUNT : null;
  const outcome = await tryCommand({ ...tools, prlimit: null }, account, null, ['/bin/sh', '-c', 'exit 7']);
  return judge(outcome, 'setpriv', 'Install util-linux 2.33 or newer; in a container, allow CAP_SETUID.');
}

async function tryPrlimit(tools: ConfinementTools): Promise<Feature> {
  if (tools.prlimit === null) return missing('prlimit is not installed', 'Install util-linux.');
  const outcome = await runTrial([tools.prlimit, '--core=0:0', '--', '/bin/sh', '-c', 'exit 7']);
  return judge(outcome, 'prlimit', 'Install util-linux.');
}

/** Runs the very composition that jobs get, and has its promises checked from the inside. */
async function tryNamespaces(tools: ConfinementTools): Promise<Feature> {
  if (tools.bwrap === null) {
    if (process.platform !== 'linux') {
      return missing('namespaces exist on Linux only', 'Run the platform on Linux.');
    }
    return missing('bubblewrap is not installed', 'Install bubblewrap 0.7 or newer.');
  }
  if (tools.setpriv === null) return missing('setpriv does not work', 'Install util-linux.');
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'rt-trial-')));
  try {
    await writeFile(join(dir, 'hidden'), '');
    const namespaces = { hidden: [dir], readOnly: [], writable: [], temporaryDir: null, cwd: '/' };
    const check = ['/bin/sh', '-c', '[ ! -e "$0/hidden" ] && [ "$$" = 2 ] && [ -w /tmp ] && exit 7', dir];
    const account = tools.isRoot ? TRIAL_ACCOUNT : null;
    const outcome = await tryCommand(tools, account, namespaces, check);
    return judge(
      outcome,
      'bubblewrap',
      'Install bubblewrap 0.7 or newer and coreutils 8.31 or newer, and allow namespaces.',
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function tryCommand(
  tools: ConfinementTools,
  account: ConfinedCommandOptions['account'],
  namespaces: ConfinedCommandOptions['namespaces'],
  command: readonly string[],
): Promise<TrialOutcome> {
  const options = { command, account, namespaces, limits: NO_LIMITS, dieWithParent: true, tools };
  return await runTrial(composeConfinedCommand(options));
}

function judge({ exitCode, complaint }: TrialOutcome, name: string, remedy: string): Feature {
  if (exitCode === TRIAL_EXIT_CODE) return { isAvailable: true };
  const detail = complaint === '' ? `exit code ${exitCode ?? 'none'}` : complaint;
  return missing(`${name} does not work here: ${detail}`, remedy);
}
