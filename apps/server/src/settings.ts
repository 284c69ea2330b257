import type { OriginalNames } from './configuration/configuration-table.ts';
import type { ValueKind } from './configuration/value-kinds.ts';

/** One setting of the launcher, as a flag, an environment variable, or both. */
export interface Setting {
  readonly key: string;
  /** The long option without its dashes, with the name of its value; undefined when there is only the variable. */
  readonly flag: string | undefined;
  readonly env: string;
  /** For `--help`: what it does and what it is when left out. */
  readonly help: string;
  readonly kind: ValueKind;
  /** What it is when left out, for people. */
  readonly default: string;
  /** Whether the flag may be given several times; its values are joined by commas. */
  readonly isList?: boolean;
  readonly original?: OriginalNames;
}

/** Every setting, in the order of the help text. Children read the same variables (see `compose-environment.ts`). */
export const SETTINGS = [
  {
    key: 'dataDir',
    flag: 'data-dir <folder>',
    env: 'RACETRACK_DATA_DIR',
    help: 'where everything is kept: store, keys, builds, logs (default ./.racetrack)',
    kind: 'text',
    default: './.racetrack',
  },
  {
    key: 'host',
    flag: 'host <address>',
    env: 'RACETRACK_HOST',
    help: 'address to listen on (default 127.0.0.1, this machine only; 0.0.0.0 for all)',
    kind: 'text',
    default: '127.0.0.1',
    original: { keys: ['http_addr'] },
  },
  {
    key: 'lifecyclePort',
    flag: 'lifecycle-port <port>',
    env: 'RACETRACK_LIFECYCLE_PORT',
    help: 'port of the API (default 7002, 0 for any free one)',
    kind: 'port',
    default: '7002',
    original: { keys: ['http_port'] },
  },
  {
    key: 'dashboardPort',
    flag: 'dashboard-port <port>',
    env: 'RACETRACK_DASHBOARD_PORT',
    help: 'port of the sign-in page (default 7003, 0 for any free one)',
    kind: 'port',
    default: '7003',
  },
  {
    key: 'pubPort',
    flag: 'pub-port <port>',
    env: 'RACETRACK_PUB_PORT',
    help: 'port that jobs are called on (default 7005, 0 for any free one)',
    kind: 'port',
    default: '7005',
  },
  {
    key: 'roles',
    flag: 'roles <list>',
    env: 'RACETRACK_ROLES',
    help: 'which processes to run: pub,control (default both)',
    kind: 'text',
    default: 'pub,control',
  },
  {
    key: 'keepJobs',
    flag: 'keep-jobs',
    env: 'RACETRACK_KEEP_JOBS',
    help: 'leave jobs running when the platform stops; the next start finds them again',
    kind: 'switch',
    default: 'false',
  },
  {
    key: 'tutorial',
    flag: 'tutorial',
    env: 'RACETRACK_TUTORIAL',
    help: 'well-known password and token for following the guides; this machine only',
    kind: 'switch',
    default: 'false',
  },
  {
    key: 'externalPubUrl',
    flag: 'external-pub-url <url>',
    env: 'RACETRACK_EXTERNAL_PUB_URL',
    help: 'address under which users reach jobs, when a proxy stands in front (default http://HOST:PUB_PORT/pub)',
    kind: 'url',
    default: 'address of pub',
    original: { variables: ['EXTERNAL_PUB_URL'] },
  },
  {
    key: 'logLevel',
    flag: 'log-level <level>',
    env: 'RACETRACK_LOG_LEVEL',
    help: 'least level to log: debug, info, warn, error (default info)',
    kind: { oneOf: ['debug', 'info', 'warn', 'error'] },
    default: 'info',
  },
  {
    key: 'isolation',
    flag: undefined,
    env: 'RACETRACK_ISOLATION',
    help: 'auto keeps jobs apart as well as this machine can; off runs them all as the user of the platform (default auto)',
    kind: { oneOf: ['auto', 'off'] },
    default: 'auto',
  },
  {
    key: 'logFormat',
    flag: undefined,
    env: 'RACETRACK_LOG',
    help: 'json sends all log lines to stderr instead of files, for containers (default text)',
    kind: { oneOf: ['text', 'json'] },
    default: 'text',
  },
  {
    key: 'defaultPlugins',
    flag: 'no-default-plugins',
    env: 'RACETRACK_DEFAULT_PLUGINS',
    help: 'load no plugin that comes with the platform, only those that are installed; as a variable: false (default true)',
    kind: 'switch',
    default: 'true',
  },
  {
    key: 'plugin',
    flag: 'plugin <folder>',
    env: 'RACETRACK_EXTRA_PLUGINS',
    help: 'for plugin authors: absolute path of an unpacked plugin to load beside those of the platform; may be given several times (default none)',
    kind: 'folders',
    default: 'none',
    isList: true,
  },
  {
    key: 'config',
    flag: 'config <file>',
    env: 'CONFIG_FILE',
    help: 'YAML file with settings; see docs/reference/configuration.md',
    kind: 'text',
    default: 'none',
  },
] as const satisfies readonly Setting[];

export type SettingKey = (typeof SETTINGS)[number]['key'];
