import { SETTINGS, type Setting } from '../settings.ts';
import { ROLE_SETTINGS } from './role-settings.ts';
import type { ValueKind } from './value-kinds.ts';

/** Names that Racetrack 2.36 has for a setting. */
export interface OriginalNames {
  /** In its configuration file, where they differ from ours. */
  readonly keys?: readonly string[];
  readonly variables?: readonly string[];
}

/** One setting that no flag gives. */
export interface RoleSetting {
  readonly env: string;
  readonly kind: ValueKind;
  /** What it is when left out, for people. */
  readonly default: string;
  readonly help: string;
  readonly isSecret?: boolean;
  readonly original?: OriginalNames;
}

/** One setting, however it is given. */
export interface ConfigurationSetting extends RoleSetting {
  /** In the configuration file, where it can be there. */
  readonly key: string;
  /** The option of the command line, without its dashes. */
  readonly flag: string | undefined;
  /** What {@link SETTINGS} calls it. */
  readonly flagKey: string | undefined;
}

/** Every setting of the server: what is validated, printed and documented. */
export const CONFIGURATION: readonly ConfigurationSetting[] = [
  ...SETTINGS.map(describeFlagSetting),
  ...ROLE_SETTINGS.map(describeRoleSetting),
];

/** Keys of the original's file that mean nothing here, with why. */
export const OBSOLETE_KEYS: Readonly<Record<string, string>> = {
  image_builder_url: 'builds are children of the control process',
  internal_pub_url: 'jobs call each other at the external address of pub',
  docker_registry: 'no image registry is used',
  docker_registry_namespace: 'no image registry is used',
  auth_required: 'authentication is always required',
  plugins_dir: 'plugins are kept in the data directory',
  default_job_memory_min: 'memory is limited, not reserved',
  default_job_cpu_min: 'processors are limited, not reserved',
  default_job_cpu_max: 'only what a manifest says is limited',
  open_telemetry_enabled: 'it only reached plugins',
  open_telemetry_endpoint: 'it only reached plugins',
  job_watcher_interval: 'changes are told when they happen',
  database_status_refresh_interval: 'the database is watched by every query',
  database_log_queries: 'queries are not logged',
  http_worker_thread_pool: 'there is no pool of threads',
  reconciliation_loop: 'it always runs',
};

function describeFlagSetting(setting: Setting): ConfigurationSetting {
  return {
    ...setting,
    key: toFileKey(setting.env),
    flag: setting.flag?.split(' ')[0],
    flagKey: setting.key,
    help: setting.help.replace(/ \(default .*\)$/, ''),
  };
}

function describeRoleSetting(setting: RoleSetting): ConfigurationSetting {
  return { ...setting, key: toFileKey(setting.env), flag: undefined, flagKey: undefined };
}

function toFileKey(env: string): string {
  return env.replace(/^RACETRACK_/, '').toLowerCase();
}
