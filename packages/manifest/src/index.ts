export { loadManifest, type LoadedManifest, type LoadManifestOptions } from './load/load-manifest.ts';
export type { ManifestFiles } from './load/locate-manifest.ts';
export type { FieldPath } from './problems/problem.ts';
export { parseQuantity } from './quantities/parse-quantity.ts';
export { getJobType, getJobTypeExtra } from './schema/job-type-of.ts';
export { manifestJsonSchema } from './schema/json-schema.ts';
export { MAX_REPLICAS, type Manifest } from './schema/manifest-schema.ts';
export { parseManifest, type ParseManifestOptions } from './schema/parse-manifest.ts';
export { RESERVED_RUNTIME_NAMES } from './schema/reserved-names.ts';
export type { ParsedManifest } from './schema/validate-manifest.ts';
export { parseSecretEnv } from './secrets/parse-secret-env.ts';
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
export { dumpManifestYaml, type DumpOptions } from './yaml/dump-manifest-yaml.ts';
export { readManifestYaml, type ReadManifest, type ReadManifestOptions } from './yaml/read-manifest-yaml.ts';
