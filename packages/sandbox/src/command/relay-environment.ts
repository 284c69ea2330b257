/**
 * Variables of a job or of a build are its author's, and some of them, such as `LD_PRELOAD`, make any program run what
 * they name. So the programs between us and the command, which may run as root, get them under names that mean nothing
 * to anybody. This last one already runs as the account: it puts the names right and becomes the command.
 *
 * Arguments: the names, `--`, the command. Names are such of a shell, so that `eval` sees nothing but names; values are
 * only ever expanded. The text is fixed.
 */
const RESTORE = `
while [ "$1" != -- ]; do
  eval "export $1=\\"\\$RACETRACK_JOB_VARIABLE_$1\\"; unset RACETRACK_JOB_VARIABLE_$1"
  shift
done
shift
exec "$@"
`;

const PREFIX = 'RACETRACK_JOB_VARIABLE_';
/** What a shell can hold; others, such as the functions of bash, reach nobody. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Names that some shells do not let go; they mean nothing to other programs, so they go as they are. */
const HARMLESS = new Set(['UID', 'EUID', 'PPID', 'GROUPS', 'OPTIND']);
/** Mean something to a shell alone, and are fixed there. */
const FORBIDDEN = new Set(['SHELLOPTS', 'BASHOPTS', 'BASH_VERSINFO']);
/** What the programs in between need themselves. */
const SYSTEM_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin',
};

/** What to start, and with which environment, so that a command gets its own one and nobody before it does. */
export interface RelayedCommand {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Keeps the variables of a command from the programs that confine it: what this returns goes into
 * `composeConfinedCommand`.
 *
 * @param env - of the command.
 * @param marks - variables of it that are ours, and that every process shows from its beginning.
 */
export function relayEnvironment(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  marks: Readonly<Record<string, string>>,
): RelayedCommand {
  const entries = Object.entries(env).filter(([name]) => NAME.test(name) && !FORBIDDEN.has(name));
  const isDirect = ([name]: readonly [string, string]): boolean => HARMLESS.has(name) || name in marks;
  const relayed = entries.filter((entry) => !isDirect(entry));
  return {
    command: ['/bin/sh', '-c', RESTORE, 'racetrack-job', ...relayed.map(([name]) => name), '--', ...command],
    env: {
      ...SYSTEM_ENVIRONMENT,
      ...Object.fromEntries(entries.filter(isDirect)),
      ...Object.fromEntries(relayed.map(([name, value]) => [`${PREFIX}${name}`, value])),
    },
  };
}
