import { PlatformError } from '@racetrack-platform/errors';
import type { ConfinedCommandOptions, ConfinementTools, ProcessLimits } from './confinement-options.ts';
import { composeMounts } from './compose-mounts.ts';
import { SUPERVISOR, SUPERVISOR_NAME } from './supervisor.ts';

/**
 * Composes the argv that runs a command under an account, with limits, and with a view of the machine of its own.
 *
 * From the outside in: `prlimit` (while we may still raise limits), the supervisor with bubblewrap, and `setpriv` as the
 * last one, which gives up everything for good. As root bubblewrap needs no user namespace, whose use many machines
 * forbid; it keeps just the capabilities for becoming another user and for entering directories that only that user can
 * enter, and they are gone from every set when the command starts. As an ordinary user it makes a user namespace.
 *
 * @returns program and arguments, all values being arguments of their own.
 * @throws PlatformError `LAUNCH_FAILED` when an account is asked for and cannot be had here.
 */
export function composeConfinedCommand(options: ConfinedCommandOptions): readonly string[] {
  const { command, namespaces, tools } = options;
  const inner = [...composePrivileges(options), ...command];
  const view =
    namespaces === null || tools.bwrap === null || tools.env === null
      ? inner
      : [
          ...composeDeathSignal(options),
          '/bin/sh',
          '-c',
          SUPERVISOR,
          SUPERVISOR_NAME,
          tools.bwrap,
          ...composeNamespaces(tools),
          ...composeMounts(namespaces, tools),
          '--',
          // The supervisor shields bubblewrap from SIGTERM and SIGHUP, a shell its background from SIGINT and SIGQUIT.
          tools.env,
          '--default-signal=TERM,HUP,INT,QUIT',
          ...inner,
        ];
  return [...composeLimits(options.limits, options), ...view];
}

function composePrivileges({ account, namespaces, dieWithParent, tools }: ConfinedCommandOptions): string[] {
  if (tools.setpriv === null) {
    if (account === null) return [];
    throw new PlatformError('LAUNCH_FAILED', 'a process cannot be given an account of its own: no setpriv', {
      hint: 'Install util-linux, or start the platform with RACETRACK_ISOLATION=off.',
    });
  }
  const rights = ['--no-new-privs', '--inh-caps=-all'];
  if (account !== null) {
    rights.unshift('--reuid', String(account.uid), '--regid', String(account.gid), '--clear-groups');
    rights.push('--ambient-caps=-all', '--bounding-set=-all');
  }
  const isInside = namespaces !== null && tools.bwrap !== null;
  // Becoming another user resets the death signal, so it is set in the same breath.
  if (dieWithParent && !isInside) rights.push('--pdeathsig', 'KILL');
  return [tools.setpriv, ...rights, '--'];
}

/** Inside namespaces it is the supervisor that dies with its parent; the rest dies with the supervisor. */
function composeDeathSignal({ dieWithParent, tools }: ConfinedCommandOptions): string[] {
  if (!dieWithParent || tools.setpriv === null) return [];
  return [tools.setpriv, '--pdeathsig', 'KILL', '--'];
}

function composeNamespaces({ isRoot }: ConfinementTools): string[] {
  const shared = [
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--die-with-parent',
    '--cap-drop',
    'ALL',
  ];
  if (!isRoot) return [...shared, '--unshare-user'];
  const kept = ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP', 'CAP_DAC_READ_SEARCH'];
  return [...shared, ...kept.flatMap((name) => ['--cap-add', name])];
}

function composeLimits(limits: ProcessLimits, { account, tools }: ConfinedCommandOptions): string[] {
  if (tools.prlimit === null) return [];
  const openFiles = limits.openFiles === null ? null : Math.min(limits.openFiles, tools.maxOpenFiles);
  const values: readonly [string, number | null][] = [
    ['core', 0],
    ['nofile', openFiles],
    // Counted per user: without an account of its own, a process would pay for all others of ours.
    ['nproc', account === null ? null : limits.processes],
    ['fsize', limits.fileBytes],
  ];
  const set = values.flatMap(([name, value]) => (value === null ? [] : [`--${name}=${value}:${value}`]));
  return [tools.prlimit, ...set, '--'];
}
