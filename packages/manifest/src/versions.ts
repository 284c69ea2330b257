/* Versions alone: whoever only has to choose one (pub) need not load the reader of manifests when it starts. */
export { resolveJobType } from './versions/resolve-job-type.ts';
export { resolveRouted, type VersionState } from './versions/resolve-routed.ts';
export {
  isVersionAlias,
  isVersionPattern,
  matchesAlias,
  resolveVersion,
  type VersionResolution,
} from './versions/resolve-version.ts';
export { compareVersions, isStable, parseVersion, type Version } from './versions/version.ts';
