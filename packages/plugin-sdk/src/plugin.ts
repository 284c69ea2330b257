import type { InfrastructureTarget } from './infrastructure-target.ts';
import type { JobType } from './job-type.ts';
import type { JsonSchema } from './json-schema.ts';
import type { PluginHooks } from './hooks.ts';

/** What a plugin gets to work with. What is added counts once `setup` has ended. */
export interface PluginContext {
  /** Absolute path of the plugin's own folder, read-only. */
  readonly pluginDir: string;
  /**
   * Absolute path of a directory that survives restarts and upgrades and is this plugin's alone; created, mode 0700. An
   * installed plugin writes nowhere else but to the system's temporary directory.
   */
  readonly dataDir: string;
  /**
   * What staff have configured: the plugin's `config.yaml`, parsed, and checked when there is a
   * {@link Plugin.settingsSchema}. Empty when nothing was configured. A change loads the plugin anew.
   */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What the platform tells the plugins that come with it, such as where instances live; empty for all others. */
  readonly platform: Readonly<Record<string, unknown>>;
  /** @throws PlatformError `PLUGIN_FAILED` for a job type that breaks a rule. */
  readonly addJobType: (jobType: JobType) => void;
  /** @throws PlatformError `PLUGIN_FAILED` for a target that breaks a rule. */
  readonly addInfrastructureTarget: (target: InfrastructureTarget) => void;
  /** May be called several times; of one hook the last counts. */
  readonly addHooks: (hooks: PluginHooks) => void;
  /**
   * Writes to the platform's log under the plugin's name.
   *
   * @param message - constant; what varies belongs into `fields`, and secrets nowhere.
   */
  readonly log: (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void;
}

/** A plugin is a value, not a side effect: the module's default export, made by {@link definePlugin}. */
export interface Plugin {
  /** The `name` of its `plugin-manifest.yaml`. */
  readonly id: string;
  /** `X.Y.Z[-label]`, that of its `plugin-manifest.yaml`. */
  readonly version: string;
  /** Version of this interface that it was written for. */
  readonly apiVersion: 1;
  readonly category: 'job-type' | 'infrastructure' | 'core';
  /**
   * What `config.yaml` may hold. A configuration that breaks it is refused, naming the fields, and `setup` is not
   * called. A setting that is required makes a plugin unusable until it is configured.
   *
   * @defaultValue anything
   */
  readonly settingsSchema?: JsonSchema;
  /**
   * Adds what the plugin offers. Called once for each start of its process, which happens when it is needed and may end
   * when it is not: nothing is kept between calls but what lies in {@link PluginContext.dataDir}.
   *
   * @throws anything: the plugin offers nothing then, and the message is shown to staff.
   */
  setup(context: PluginContext): void | Promise<void>;
}

/** Returns its argument; exists so that a plugin gets its types by inference. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
