import { PlatformError } from '@racetrack-platform/errors';
import type { InfrastructureTarget, JobType } from '@racetrack-platform/plugin-sdk';
import type { PluginDescription } from '../protocol.ts';
import { callHook, listHooks } from './call-hook.ts';
import type { LoadedPlugin } from './load-plugin.ts';

/** What all plugins of one host offer together. */
export interface PluginRegistry {
  describe(): PluginDescription[];
  /** @throws PlatformError `JOB_TYPE_UNKNOWN`. */
  getJobType(pluginId: string | null, fullName: string): JobType;
  /** @throws PlatformError `TARGET_UNAVAILABLE`. */
  getTarget(pluginId: string | null, name: string): InfrastructureTarget;
  /** @throws PlatformError `NOT_SUPPORTED` when it has no such hook. */
  callHook(pluginId: string | null, params: unknown): Promise<unknown>;
}

/**
 * Joins plugins in the order of the configuration: where two offer the same, the first keeps it and the second is
 * described with the reason.
 */
export function createPluginRegistry(plugins: readonly LoadedPlugin[]): PluginRegistry {
  const jobTypes = new Map<string, { plugin: string; jobType: JobType }>();
  const targets = new Map<string, { plugin: string; target: InfrastructureTarget }>();
  const descriptions = plugins.map((plugin): PluginDescription => {
    const problems: string[] = [];
    for (const jobType of plugin.jobTypes) {
      const fullName = `${jobType.name}:${jobType.version}`;
      const other = jobTypes.get(fullName);
      if (other === undefined) jobTypes.set(fullName, { plugin: plugin.id, jobType });
      else problems.push(`job type ${fullName} is already provided by plugin ${other.plugin}`);
    }
    for (const target of plugin.targets) {
      const other = targets.get(target.name);
      if (other === undefined) targets.set(target.name, { plugin: plugin.id, target });
      else
        problems.push(`infrastructure target ${target.name} is already provided by plugin ${other.plugin}`);
    }
    return {
      dir: plugin.dir,
      id: plugin.id,
      version: plugin.version,
      category: plugin.category,
      jobTypes: plugin.jobTypes
        .filter((jobType) => jobTypes.get(`${jobType.name}:${jobType.version}`)?.jobType === jobType)
        .map(presentJobType),
      targets: plugin.targets
        .filter((target) => targets.get(target.name)?.target === target)
        .map(({ name, runs, scope }) => ({ name, runs, scope })),
      hooks: listHooks(plugin.hooks),
      ...(plugin.settingsSchema !== undefined && { settingsSchema: { ...plugin.settingsSchema } }),
      error: plugin.error ?? (problems.length === 0 ? null : problems.join('; ')),
    };
  });

  return {
    describe: () => descriptions,

    getJobType(pluginId, fullName) {
      const found = jobTypes.get(fullName);
      if (found !== undefined && found.plugin === pluginId) return found.jobType;
      throw new PlatformError('JOB_TYPE_UNKNOWN', `plugin ${pluginId} provides no job type ${fullName}`);
    },

    getTarget(pluginId, name) {
      const found = targets.get(name);
      if (found !== undefined && found.plugin === pluginId) return found.target;
      throw new PlatformError(
        'TARGET_UNAVAILABLE',
        `plugin ${pluginId} provides no infrastructure target ${name}`,
      );
    },

    async callHook(pluginId, params) {
      return await callHook(plugins.find(({ id }) => id === pluginId)?.hooks ?? {}, params);
    },
  };
}

function presentJobType(jobType: JobType): PluginDescription['jobTypes'][number] {
  return {
    name: jobType.name,
    version: jobType.version,
    isNative: jobType.planNative !== undefined,
    ...(jobType.extraSchema !== undefined && { extraSchema: { ...jobType.extraSchema } }),
    images: jobType.images.map((image) => ({
      source: image.source ?? 'jobtype',
      dockerfilePath: image.dockerfilePath,
      template: image.template ?? true,
      baseDockerfilePath: image.baseDockerfilePath ?? null,
    })),
  };
}
