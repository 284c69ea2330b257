import type { PluginDto, PluginManifestDto, PluginTreeDto } from '@racetrack-platform/contracts';
import type { JobUse } from '@racetrack-platform/db';
import type { KnownPlugin } from '../set/plugin-set.ts';

/** The seven fields of Racetrack 2.36. */
export function presentManifest(manifest: KnownPlugin['manifest']): PluginManifestDto {
  const { name, version, build_date, url, priority, category, components } = manifest;
  return { name, version, build_date, url, priority, category, components: [...components] };
}

/** How many jobs use what. */
export interface UseCounts {
  readonly ofJobType: (fullName: string) => number;
  readonly ofTarget: (name: string) => number;
}

export function countUses(uses: readonly JobUse[]): UseCounts {
  const jobTypes = new Map<string, number>();
  const targets = new Map<string, number>();
  for (const { jobType, target, count } of uses) {
    jobTypes.set(jobType, (jobTypes.get(jobType) ?? 0) + count);
    targets.set(target, (targets.get(target) ?? 0) + count);
  }
  return { ofJobType: (name) => jobTypes.get(name) ?? 0, ofTarget: (name) => targets.get(name) ?? 0 };
}

/** Jobs that need this plugin: they use one of its job types, or live at one of its targets. */
export function countDependents({ description }: KnownPlugin, uses: readonly JobUse[]): number {
  const jobTypes = new Set(description.jobTypes.map(fullNameOf));
  const targets = new Set(description.targets.map(({ name }) => name));
  const needed = uses.filter(({ jobType, target }) => jobTypes.has(jobType) || targets.has(target));
  return needed.reduce((sum, { count }) => sum + count, 0);
}

/** A plugin with everything that is known of it. */
export function presentPlugin(plugin: KnownPlugin, uses: UseCounts): PluginDto {
  const { manifest, origin, installed, description, error } = plugin;
  return {
    manifest: presentManifest(manifest),
    compatible_with: manifest.racetrack,
    origin,
    language: installed?.language ?? null,
    digest: installed?.digest ?? null,
    size: installed?.sizeBytes ?? null,
    is_pinned: installed?.isPinned ?? false,
    stand_in: installed?.standIn ?? null,
    error,
    job_types: listJobTypes(plugin, uses),
    targets: listTargets(plugin, uses),
    hooks: [...description.hooks],
    has_docs: description.hooks.includes('markdown_docs'),
    settings_schema: description.settingsSchema ?? null,
    installed_by: installed?.installedBy ?? null,
    installed_at: installed === null ? null : Math.floor(installed.installedAt / 1_000),
  };
}

/** The form of Racetrack 2.36; its two lists are by name and version. */
export function presentTree(plugins: readonly KnownPlugin[], uses: UseCounts): PluginTreeDto {
  const sorted = plugins.toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
  return {
    plugins: plugins.map(({ manifest }) => presentManifest(manifest)),
    job_type_plugins_data: sorted
      .filter(({ description }) => description.jobTypes.length > 0)
      .map((plugin) => ({
        name: plugin.name,
        version: plugin.version,
        job_types: listJobTypes(plugin, uses),
      })),
    infrastructure_plugins_data: sorted
      .filter(({ description }) => description.targets.length > 0)
      .map((plugin) => ({
        name: plugin.name,
        version: plugin.version,
        infrastructures: listTargets(plugin, uses),
      })),
  };
}

function listJobTypes({ description }: KnownPlugin, uses: UseCounts) {
  return description.jobTypes
    .map(fullNameOf)
    .toSorted(compare)
    .map((name) => ({ name, active_jobs: uses.ofJobType(name) }));
}

function listTargets({ description }: KnownPlugin, uses: UseCounts) {
  return description.targets.map(({ name }) => ({ name, active_jobs: uses.ofTarget(name) }));
}

function fullNameOf({ name, version }: { readonly name: string; readonly version: string }): string {
  return `${name}:${version}`;
}

/** By code points, as the original sorts. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
