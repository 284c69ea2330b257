import { createPluginRepository, type InstalledPlugin, type Queryable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';

/**
 * Looks an installed plugin up where all replicas do.
 *
 * @returns `undefined` also for what can be no plugin's name.
 */
export async function findPackage(
  db: Queryable,
  name: string,
  version: string,
): Promise<InstalledPlugin | undefined> {
  // What stands in a path may be what no store takes.
  if (!isStorable(name) || !isStorable(version)) return undefined;
  return await createPluginRepository(db).find(name, version);
}

/** The refusal of Racetrack 2.36. */
export function pluginNotFound(name: string, version?: string): PlatformError {
  const exact = version === undefined ? '' : ` ${version}`;
  return new PlatformError('NOT_FOUND', `plugin named "${name}"${exact} was not found`, {
    hint: 'racetrack plugin list shows what is installed.',
  });
}

function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}
