import type { NativePlan } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import type { InfrastructureTarget, JobTypeManifest } from '@racetrack-platform/plugin-sdk';
import type { PluginHostLogger } from './host-connection.ts';
import { describeNodeHost, dieWithParent } from './host-program.ts';
import { HostSupervisor } from './host-supervisor.ts';
import { parseHookAnswer } from './parse-hook-answer.ts';
import type { HookName, HookParams, HookResult, PluginConfig, PluginDescription } from './protocol.ts';
import { createRemoteTarget } from './remote-target.ts';
import { createSupervisedCaller } from './supervised-caller.ts';

export interface StartPluginHostOptions {
  /** In order of precedence: where two offer the same job type or target, the first keeps it. */
  readonly plugins: readonly PluginConfig[];
  readonly logger: PluginHostLogger;
  /** The platform's own environment; only the harmless part of it reaches the host. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Put before the program, such as `--max-old-space-size=128`. */
  readonly nodeArgs?: readonly string[];
  /** @defaultValue 30 s */
  readonly callTimeoutMs?: number;
  /** For all plugins together. @defaultValue 30 s */
  readonly startTimeoutMs?: number;
  /** For one plugin's import and `setup`; one that takes longer cannot be used. @defaultValue 10 s */
  readonly setupTimeoutMs?: number;
  /** Wait for a sign of life after a call took too long; without one the host is restarted. @defaultValue 5 s */
  readonly probeTimeoutMs?: number;
  /** Before the first restart; each further one waits twice as long, up to 5 s. @defaultValue 100 ms */
  readonly restartDelayMs?: number;
}

/** A job type and the plugin that brings it. */
export type ProvidedJobType = PluginDescription['jobTypes'][number] & {
  /** `name:version`. */
  readonly fullName: string;
  readonly plugin: string;
  readonly pluginDir: string;
};

/** A target and the plugin that brings it. */
export type ProvidedTarget = PluginDescription['targets'][number] & { readonly plugin: string };

/** The plugins, in a process of their own. They answer for as long as this does: a host that ends is started again. */
export interface PluginHost extends AsyncDisposable {
  /** Every plugin of the configuration, with what it offers or why it cannot be used. */
  describe(): readonly PluginDescription[];
  jobTypes(): readonly ProvidedJobType[];
  targets(): readonly ProvidedTarget[];
  /**
   * Asks a job type how to prepare and run a job without containers.
   *
   * @param jobType - `name:version`, resolved.
   * @throws PlatformError `JOB_TYPE_UNKNOWN`, `NOT_SUPPORTED` when it runs only in containers, `MANIFEST_INVALID`.
   */
  planNative(jobType: string, manifest: JobTypeManifest, signal: AbortSignal): Promise<NativePlan>;
  /**
   * A target by the word users write; good for as long as this host is.
   *
   * @throws PlatformError `TARGET_UNAVAILABLE`.
   */
  target(name: string): InfrastructureTarget;
  /** Ends the host; calls under way are rejected. Job instances live on. */
  stop(): Promise<void>;
}

/** A host that several plugins share. */
export interface SharedPluginHost extends PluginHost {
  /**
   * Calls a hook of one plugin.
   *
   * @param plugin - its id.
   * @throws PlatformError `NOT_SUPPORTED` when it has no such hook; `PLUGIN_FAILED`, `PLUGIN_UNAVAILABLE`.
   */
  callHook<Name extends HookName>(
    plugin: string,
    hook: Name,
    params: HookParams<Name>,
    signal: AbortSignal,
  ): Promise<HookResult<Name>>;
  /**
   * Starts the process anew with other plugins. Calls under way are rejected as when it crashes, later ones wait. Job
   * instances live on.
   */
  restart(plugins: readonly PluginConfig[]): Promise<void>;
}

/**
 * Starts a process for plugins and loads them in it.
 *
 * @throws PlatformError `PLUGIN_UNAVAILABLE` when the process does not come up. A plugin that fails is no reason: see
 *   {@link PluginHost.describe}.
 */
export async function startPluginHost(options: StartPluginHostOptions): Promise<SharedPluginHost> {
  const { plugins, logger, env, nodeArgs = [], callTimeoutMs = 30_000 } = options;
  const supervisor = new HostSupervisor({
    config: { plugins: [...plugins], setupTimeoutMs: options.setupTimeoutMs },
    logger,
    program: dieWithParent(describeNodeHost(env, nodeArgs)),
    startTimeoutMs: options.startTimeoutMs ?? 30_000,
    probeTimeoutMs: options.probeTimeoutMs ?? 5_000,
    restartDelayMs: options.restartDelayMs ?? 100,
  });
  await supervisor.start();
  const caller = createSupervisedCaller(supervisor, callTimeoutMs);

  const listJobTypes = (): ProvidedJobType[] =>
    supervisor.descriptions.flatMap(({ id, dir, jobTypes }) =>
      jobTypes.map((jobType) => ({
        ...jobType,
        fullName: `${jobType.name}:${jobType.version}`,
        plugin: id,
        pluginDir: dir,
      })),
    );
  const listTargets = (): ProvidedTarget[] =>
    supervisor.descriptions.flatMap(({ id, targets }) =>
      targets.map((target) => ({ ...target, plugin: id })),
    );

  return {
    describe: () => supervisor.descriptions,
    jobTypes: listJobTypes,
    targets: listTargets,

    async planNative(fullName, { name, version, jobtypeExtra, systemDependencies }, signal) {
      const jobType = listJobTypes().find((candidate) => candidate.fullName === fullName);
      if (jobType === undefined) {
        throw new PlatformError('JOB_TYPE_UNKNOWN', `no installed plugin provides job type ${fullName}`);
      }
      const manifest = {
        name,
        version,
        jobtypeExtra: { ...jobtypeExtra },
        systemDependencies: [...systemDependencies],
      };
      return await caller.call(jobType.plugin, 'planNative', { jobType: fullName, manifest }, signal);
    },

    target(name) {
      const target = listTargets().find((candidate) => candidate.name === name);
      if (target !== undefined) return createRemoteTarget(caller, target.plugin, target);
      throw new PlatformError('TARGET_UNAVAILABLE', `infrastructure target ${name} is not installed`, {
        hint: `Available: ${
          listTargets()
            .map((candidate) => candidate.name)
            .join(', ') || 'none'
        }.`,
      });
    },

    async callHook(plugin, hook, params, signal) {
      const answer = await caller.call(plugin, 'hook', { ...params, hook }, signal);
      return parseHookAnswer(plugin, hook, answer);
    },

    async restart(changed) {
      await supervisor.restart({ plugins: [...changed], setupTimeoutMs: options.setupTimeoutMs });
    },

    stop: async () => await supervisor.stop(),
    [Symbol.asyncDispose]: async () => await supervisor.stop(),
  };
}
