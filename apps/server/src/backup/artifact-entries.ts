import { existsSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { createDeploymentRepository, type Store } from '@racetrack-platform/db';
import { z } from 'zod';

/** Kinds of entries below `builds/` that jobs run from; what else is there only makes builds faster. */
export const ENTRY_KINDS = ['artifacts', 'environments', 'copies'] as const;

/** Written last into an entry; without it, the entry was not built to its end. Copies appear whole. */
export const COMPLETION_MARK = 'complete.json';

/** The paths in what instances are launched with, as lifecycle writes it. */
const launchPathsSchema = z.looseObject({
  sourceDir: z.string(),
  environmentDir: z.string(),
  pluginDir: z.string(),
});
const PATHS = ['sourceDir', 'environmentDir', 'pluginDir'] as const;

/** Entries that jobs run from now, such as `builds/artifacts/KEY`, sorted. */
export async function listEntriesInUse(store: Store, dataDir: string): Promise<string[]> {
  const builds = join(dataDir, 'builds');
  const specs = await createDeploymentRepository(store.db).listLaunchSpecsInUse();
  const entries = specs.flatMap((text) => {
    const spec = launchPathsSchema.parse(JSON.parse(text));
    return PATHS.flatMap((name) => findEntry(builds, spec[name]) ?? []);
  });
  return [...new Set(entries)].sort();
}

function findEntry(builds: string, path: string): string | undefined {
  const [kind, name] = relative(builds, path).split(sep);
  const isEntry = ENTRY_KINDS.some((known) => known === kind) && name !== undefined && name !== '';
  return isEntry ? `builds/${kind}/${name}` : undefined;
}

interface Moved {
  /** Where `builds` was. */
  readonly from: string;
  /** Where it will be. */
  readonly to: string;
  /** Where it is meanwhile. */
  readonly now: string;
}

/** What runs a job has no use for its plugin's folder unless it names it. */
const PLUGIN_PLACEHOLDER = '${plugin}';

/**
 * Says the paths of the new place in what instances are launched with. Installed plugins are unpacked there from the
 * store, but later: only a job that needs nothing of its plugin can be launched at once.
 *
 * @returns undefined when something that it names is not there.
 */
export function relocateLaunchSpec(text: string, moved: Moved): string | undefined {
  const spec = launchPathsSchema.parse(JSON.parse(text));
  for (const name of PATHS) {
    const place = findPlace(spec[name], moved);
    const isThere = place.now === undefined ? !text.includes(PLUGIN_PLACEHOLDER) : existsSync(place.now);
    if (!isThere) return undefined;
    spec[name] = place.to;
  }
  return JSON.stringify(spec);
}

/** Where a path leads in the new place, and where that is meanwhile; undefined: it is unpacked later. */
function findPlace(path: string, { from, to, now }: Moved): { to: string; now: string | undefined } {
  if (path.startsWith(`${from}/`)) {
    const inside = path.slice(from.length + 1);
    return { to: join(to, inside), now: join(now, inside) };
  }
  const [packages, packagesTo] = [from, to].map((builds) => join(dirname(builds), 'plugins', 'packages'));
  if (packages !== undefined && packagesTo !== undefined && path.startsWith(`${packages}/`))
    return { to: packagesTo + path.slice(packages.length), now: undefined };
  return { to: path, now: path };
}
