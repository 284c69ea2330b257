import { compareVersions, isStable, parseVersion } from '@racetrack-platform/manifest';

/** What decides about a plugin's place. */
export interface OrderedPlugin {
  readonly name: string;
  readonly version: string;
  readonly manifest: { readonly priority: number };
}

/** Lowest priority first, then by name, then the lowest version. In Racetrack 2.36 the name did not count. */
export function comparePlugins(a: OrderedPlugin, b: OrderedPlugin): number {
  return (
    a.manifest.priority - b.manifest.priority ||
    compareText(a.name, b.name) ||
    comparePluginVersions(a.version, b.version)
  );
}

/** As numbers, a label below none; what is no version is below every version. */
export function comparePluginVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (left === undefined || right === undefined) {
    return Number(left !== undefined) - Number(right !== undefined) || compareText(a, b);
  }
  return compareVersions(left, right);
}

/** The highest version of a name, stable ones before others. */
export function findHighest<T extends Pick<OrderedPlugin, 'name' | 'version'>>(
  plugins: readonly T[],
  name: string,
): T | undefined {
  const named = plugins
    .filter((plugin) => plugin.name === name)
    .toSorted((a, b) => comparePluginVersions(a.version, b.version));
  return named.findLast(({ version }) => isStableText(version)) ?? named.at(-1);
}

function isStableText(text: string): boolean {
  const version = parseVersion(text);
  return version !== undefined && isStable(version);
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
