export { composeConfinedCommand } from './command/confined-command.ts';
export { relayEnvironment, type RelayedCommand } from './command/relay-environment.ts';
export type {
  Account,
  ConfinedCommandOptions,
  ConfinementTools,
  Namespaces,
  ProcessLimits,
} from './command/confinement-options.ts';
export type { Cgroup, CgroupControllers, CgroupLimits, CgroupManager, CgroupUsage } from './cgroup/cgroup.ts';
export { openCgroups, type CgroupSupport, type OpenCgroupsOptions } from './cgroup/open-cgroups.ts';
export { detectConfinement, type Confinement } from './detect/detect-confinement.ts';
export { describeConfinement, type ConfinementLine } from './detect/describe-confinement.ts';
export { findTools } from './detect/find-tools.ts';
export type { Feature, Missing } from './feature.ts';
export { handOverFiles } from './files/hand-over-files.ts';
export { measureDirectory, type DirectorySize } from './files/measure-directory.ts';
export { hasRunnableThread } from './measure/has-runnable-thread.ts';
export { measureDeletedFiles } from './measure/measure-deleted-files.ts';
export { measureTreeMemory } from './measure/measure-tree-memory.ts';
export {
  startWatchdog,
  type Excess,
  type Watchdog,
  type WatchdogOptions,
  type Watched,
} from './measure/watchdog.ts';
export { createAddressPolicy, type AddressPolicy } from './network/address-policy.ts';
export { ancestorsOf, findImpassable, findReachRefusal, isInside } from './reach/reach-refusal.ts';
export { findForeign } from './reach/find-foreign.ts';
export { removeTree } from './files/remove-tree.ts';
