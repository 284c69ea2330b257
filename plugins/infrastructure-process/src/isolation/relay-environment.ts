/**
 * A job's variables are its author's, and some of them, such as `LD_PRELOAD`, make any program run what they name. So
 * the programs between us and the job, which may run as root, get them under names that mean nothing to anybody. This
 * last one already runs as the job's own user: it puts the names right and becomes the job.
 *
 * Arguments: the names, `--`, the job's command. Names have been checked to be such (see `composeEnvironment`), so
 * that `eval` sees nothing but names; values are only ever expanded. The text is fixed.
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
/** Names that some shells do not let go; they mean nothing to other programs, so they go as they are. */
const HARMLESS = new Set(['UID', 'EUID', 'PPID', 'GROUPS', 'OPTIND']);
/** Mean something to a shell alone, and are fixed there. */
const FORBIDDEN = new Set(['SHELLOPTS', 'BASHOPTS', 'BASH_VERSINFO']);
/** What the programs in between need themselves. */
const SYSTEM_ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** What to start, and with which environment, so that a job gets its own environment and nobody before it does. */
export interface RelayedCommand {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * @param env - of the job; names are letters, digits and underscores, and do not start with a digit.
 * @param marks - variables of it that are ours, and that every process of the instance shows.
 */
export function relayEnvironment(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  marks: Readonly<Record<string, string>>,
): RelayedCommand {
  const entries = Object.entries(env).filter(([name]) => !FORBIDDEN.has(name));
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
