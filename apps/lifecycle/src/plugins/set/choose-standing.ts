import type { InstalledPlugin } from '@racetrack-platform/db';
import { comparePluginVersions } from './order-plugins.ts';
import type { PlatformPlugin } from './plugin-set.ts';

type Installed = Pick<InstalledPlugin, 'name' | 'version' | 'isPinned' | 'standIn'>;

/**
 * Chooses the plugins of the platform that are loaded. One is left out when an administrator removed it, or when a
 * package of its name is installed that is pinned, or of a version that is not lower: so an upgrade of the platform wins
 * over a package that nobody has pinned.
 *
 * @param removed - names that an administrator took out.
 */
export function chooseStanding<T extends Pick<PlatformPlugin, 'name' | 'manifest' | 'origin'>>(
  plugins: readonly T[],
  removed: ReadonlySet<string>,
  installed: readonly Installed[],
): T[] {
  return plugins.filter(
    ({ name, manifest, origin }) =>
      origin === 'folder' ||
      !(
        removed.has(name) ||
        installed.some((row) => row.name === name && displaces(row, manifest?.version ?? ''))
      ),
  );
}

/** A known plugin of the original is answered by our own of that name, and cannot push it aside. */
function displaces({ version, isPinned, standIn }: Installed, bundled: string): boolean {
  return standIn === null && (isPinned || comparePluginVersions(version, bundled) >= 0);
}

/** Whether the platform's plugin has taken the place of an installed one, and what to do about it. */
export function explainSuperseded(
  { name, isPinned, standIn }: Installed,
  standing: readonly Pick<PlatformPlugin, 'name' | 'manifest' | 'origin'>[],
): string | null {
  const winner = standing.find((plugin) => plugin.origin === 'bundled' && plugin.name === name);
  if (winner === undefined || isPinned || standIn !== null) return null;
  const version = winner.manifest?.version ?? '';
  return `version ${version} of it comes with the platform and has taken its place; pin this one to keep it, or uninstall it`;
}
