export { selectHostEnvironment } from './host-environment.ts';
export type { CallOptions } from './call-host.ts';
export type { PluginHostLogger } from './host-connection.ts';
export {
  describeNodeHost,
  describePythonHost,
  dieWithParent,
  HOST_SOURCES,
  type HostProgram,
} from './host-program.ts';
export { ON_DEMAND, OnDemandHost, type OnDemandHostOptions } from './on-demand-host.ts';
export {
  startPluginHost,
  type PluginHost,
  type ProvidedJobType,
  type ProvidedTarget,
  type SharedPluginHost,
  type StartPluginHostOptions,
} from './plugin-host.ts';
export {
  pluginDescriptionSchema,
  type HookName,
  type HookParams,
  type HookResult,
  type PluginConfig,
  type PluginDescription,
} from './protocol.ts';
export { createRemoteTarget, type PluginCaller } from './remote-target.ts';
export { untilAborted } from './until-aborted.ts';
export type { MemoryWatch } from './watch-memory.ts';
