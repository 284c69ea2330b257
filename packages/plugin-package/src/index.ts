export type { ArchiveFile } from './archive/check-entries.ts';
export { ARCHIVE_LIMITS, type ArchiveLimits } from './archive/limits.ts';
export {
  openPluginArchive,
  readPluginArchive,
  type OpenArchiveOptions,
  type PluginArchive,
} from './archive/open-archive.ts';
export { bundlePlugin, type BundledPlugin, type BundleOptions } from './bundle/bundle-plugin.ts';
export { parseSourceDateEpoch } from './bundle/build-date.ts';
export {
  checkPluginDirectory,
  type CheckDirectoryOptions,
  type CheckedDirectory,
} from './bundle/check-plugin-directory.ts';
export { createIgnoreFilter, DEFAULT_PATTERNS, type IgnoreFilter } from './bundle/ignore-rules.ts';
export type { SourceFile } from './bundle/list-plugin-files.ts';
export {
  fetchPlugin,
  GITHUB_API,
  type FetchedPlugin,
  type FetchPluginOptions,
} from './fetch/fetch-plugin.ts';
export { assertCompatible, isCompatible } from './manifest/compatibility.ts';
export {
  archiveNameOf,
  isPluginName,
  PLUGIN_MANIFEST_FILE,
  type PluginManifest,
} from './manifest/plugin-manifest.ts';
export {
  checkPluginManifest,
  readPluginManifest,
  renderPluginManifest,
} from './manifest/read-plugin-manifest.ts';
