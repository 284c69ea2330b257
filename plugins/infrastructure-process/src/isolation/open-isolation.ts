import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import type { PluginContext } from '@racetrack-platform/plugin-sdk';
import {
  describeConfinement,
  detectConfinement,
  findReachRefusal,
  openCgroups,
  type CgroupManager,
  type Confinement,
  type ConfinementTools,
} from '@racetrack-platform/sandbox';
import type { Settings } from '../settings.ts';
import { makePassable } from './reachable.ts';

/** What keeps jobs apart on this machine, and holds their limits. */
export interface Isolation {
  readonly tools: ConfinementTools;
  /** Whether a job that has an account gets a view of the machine of its own. */
  readonly hasNamespaces: boolean;
  readonly cgroups: CgroupManager | null;
  /** The directory that jobs do not see, but for what is theirs. */
  readonly platformDir: string;
  /** @throws PlatformError `LAUNCH_FAILED` when jobs cannot be run as users of their own here. */
  readonly assertAccounts: () => void;
}

/**
 * Finds out what this machine offers, and reports what of it is in force and what is missing.
 *
 * @param owner - see `nameOwner`.
 * @throws PlatformError `DATA_DIR_UNUSABLE` when jobs of other users could not reach their own files.
 */
export async function openIsolation(
  settings: Settings,
  owner: string,
  log: PluginContext['log'],
): Promise<Isolation> {
  const [confinement, cgroups] = await Promise.all([
    detectConfinement(),
    settings.cgroups === 'off' ? null : openCgroups({ name: `racetrack-${owner}` }),
  ]);
  const isAccountMode = settings.isolation === 'account';
  const hasNamespaces = isAccountMode && settings.namespaces === 'auto' && confinement.namespaces.isAvailable;
  const platformDir = settings.platformDir ?? dirname(settings.instancesDir);
  if (isAccountMode && !hasNamespaces) openDirectories(settings, platformDir);
  report(isAccountMode, hasNamespaces, confinement, log);
  return {
    tools: confinement.tools,
    hasNamespaces,
    cgroups: cgroups?.isAvailable === true ? cgroups.manager : null,
    platformDir,
    assertAccounts: () => assertAccounts(confinement),
  };
}

function report(
  isInUse: boolean,
  hasNamespaces: boolean,
  confinement: Confinement,
  log: PluginContext['log'],
): void {
  const unused = confinement.isRoot
    ? ({ isAvailable: false, reason: 'isolation is off', remedy: 'Set RACETRACK_ISOLATION=auto.' } as const)
    : ({
        isAvailable: false,
        reason: 'the platform does not run as root',
        remedy: 'Start it as root.',
      } as const);
  const inUse: Confinement = {
    ...confinement,
    accounts: isInUse ? confinement.accounts : unused,
    namespaces:
      hasNamespaces || (isInUse && !confinement.namespaces.isAvailable) ? confinement.namespaces : unused,
  };
  // For those who look it up: at the start, one line of the launcher says it for all.
  for (const { isInForce, text, remedy } of describeConfinement(inUse)) {
    log('info', text, { isInForce, ...(remedy !== null && { remedy }) });
  }
}

function assertAccounts({ accounts }: Confinement): void {
  if (accounts.isAvailable) return;
  throw new PlatformError('LAUNCH_FAILED', `jobs cannot run as users of their own here: ${accounts.reason}`, {
    hint: `${accounts.remedy} Or start the platform as an ordinary user, or with RACETRACK_ISOLATION=off to run jobs as root.`,
  });
}

/** Without a view of their own, jobs need the right to pass through the directories above their files. */
function openDirectories({ instancesDir, socketsDir, jobDataDir }: Settings, platformDir: string): void {
  for (const directory of [instancesDir, socketsDir, jobDataDir]) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    makePassable(directory, platformDir);
  }
  const refusal = findReachRefusal(platformDir, [instancesDir, socketsDir, jobDataDir]);
  if (refusal !== undefined) throw refusal;
}
