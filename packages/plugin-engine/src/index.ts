export { selectHostEnvironment } from './host-environment.ts';
export type { PluginHostLogger } from './host-connection.ts';
export {
  startPluginHost,
  type PluginHost,
  type ProvidedJobType,
  type ProvidedTarget,
  type StartPluginHostOptions,
} from './plugin-host.ts';
export type { PluginConfig, PluginDescription } from './protocol.ts';
