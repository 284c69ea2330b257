export type {
  InfrastructureTarget,
  InstanceStats,
  JobAccount,
  JobRef,
  LaunchRequest,
  LaunchResult,
  NativeArtifact,
  ObservedInstance,
} from './infrastructure-target.ts';
export type { JsonSchema } from './json-schema.ts';
export type { ImageDefinition, JobType, JobTypeManifest } from './job-type.ts';
export type { JobData, ManifestData, PluginHooks } from './hooks.ts';
export { definePlugin, type Plugin, type PluginContext } from './plugin.ts';
export { parseFlag, parseLimit, parseSeconds, type ParsedScalar } from './manifest-scalars.ts';
export { isInsideSource } from './source-path.ts';
export {
  parseWrapperOptions,
  toWrapperFlags,
  WRAPPER_OPTION_FIELDS,
  type ParsedWrapperOptions,
  type WrapperOptions,
} from './wrapper-options.ts';
export { digestFiles } from './digest-files.ts';
export { isHiddenFromJobs, isReachable, listProgramDirs } from './host-programs.ts';
export { readJobtypeExtra } from './read-jobtype-extra.ts';
