import { PlatformError } from '@racetrack-platform/errors';
import type { Flags } from '../config.ts';
import { CONFIGURATION, type ConfigurationSetting } from './configuration-table.ts';
import type { ConfigFile } from './read-config-file.ts';
import { checkValue } from './value-kinds.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** One setting as it will be used. */
export interface EffectiveSetting {
  readonly setting: ConfigurationSetting;
  /** Undefined: the default. */
  readonly value: string | undefined;
  /** Which flag, variable or key gave it; `default`. */
  readonly source: string;
}

export interface Configuration {
  /** The environment with every setting of file and flags in it, in the form that all processes read. */
  readonly env: Record<string, string | undefined>;
  readonly settings: readonly EffectiveSetting[];
  /** What people should know, though nothing is wrong. */
  readonly notices: readonly string[];
}

/**
 * Puts together what flags, environment and configuration file say, in this order of precedence, and validates all of it.
 *
 * @throws PlatformError `CONFIG_INVALID`, naming everything that is wrong at once, and no value.
 */
export async function resolveConfiguration(flags: Flags, env: Environment): Promise<Configuration> {
  const path = typeof flags.config === 'string' ? flags.config : env['CONFIG_FILE'] || undefined;
  const file = path === undefined ? NO_FILE : await readFile(path);
  const problems = [...file.problems];
  const effective: Record<string, string | undefined> = { ...env };
  const settings = CONFIGURATION.map((setting): EffectiveSetting => {
    const found = find(setting, { flags, env, file, path });
    if (found === undefined) return { setting, value: undefined, source: 'default' };
    const checked = checkValue(setting.kind, found.value);
    if ('problem' in checked) problems.push(`${found.source} ${checked.problem}`);
    const value = 'problem' in checked ? undefined : checked.value;
    effective[setting.env] = value;
    return { setting, value, source: found.source };
  });
  if (problems.length === 0)
    return { env: effective, settings, notices: [...file.notices, ...noticeOriginal(env)] };
  throw new PlatformError('CONFIG_INVALID', problems.join('; '), {
    hint: 'docs/reference/configuration.md lists every setting with what it takes.',
  });
}

const NO_FILE: ConfigFile = { values: new Map(), problems: [], notices: [] };

/** Most starts have no file, and need no reader of YAML. */
async function readFile(path: string): Promise<ConfigFile> {
  const { readConfigFile } = await import('./read-config-file.ts');
  return readConfigFile(path);
}

interface Places {
  readonly flags: Flags;
  readonly env: Environment;
  readonly file: ConfigFile;
  readonly path: string | undefined;
}

function find(
  setting: ConfigurationSetting,
  { flags, env, file, path }: Places,
): { readonly value: string; readonly source: string } | undefined {
  const flag =
    setting.flagKey === undefined ? undefined : new Map(Object.entries(flags)).get(setting.flagKey);
  if (flag !== undefined) return { value: String(flag), source: `--${setting.flag}` };
  const own = env[setting.env];
  if (own) return { value: own, source: setting.env };
  const derived = deriveFromCluster(setting, env);
  if (derived !== undefined) return { value: derived, source: 'CLUSTER_FQDN' };
  for (const name of setting.original?.variables ?? []) {
    const value = env[name];
    if (value) return { value, source: name };
  }
  const given = file.values.get(setting.env);
  return given && { value: given.value, source: `${path}, ${given.key}` };
}

const CLUSTER_PATHS: Readonly<Record<string, string>> = {
  RACETRACK_EXTERNAL_PUB_URL: '/pub',
  RACETRACK_EXTERNAL_LIFECYCLE_URL: '/lifecycle',
};

/** Addresses in a cluster, as Racetrack 2.36 puts them together. */
function deriveFromCluster({ env: name }: ConfigurationSetting, env: Environment): string | undefined {
  const path = CLUSTER_PATHS[name];
  const domain = env['CLUSTER_FQDN'];
  if (path === undefined || domain === undefined || domain === '') return undefined;
  return `https://${env['RACETRACK_SUBDOMAIN'] || 'racetrack'}.${domain}${path}`;
}

/** Variables of the original that somebody would miss. */
function noticeOriginal(env: Environment): string[] {
  const notices = [];
  if (env['POSTGRES_HOST'] && !env['DATABASE_URL']) {
    notices.push('POSTGRES_HOST and its like are not read: name the store in DATABASE_URL');
  }
  if (env['AUTH_KEY'] && !env['RACETRACK_AUTH_KEY']) {
    notices.push('AUTH_KEY is not read: give it as RACETRACK_AUTH_KEY, or to import-original');
  }
  return notices;
}
