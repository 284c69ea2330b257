import { comparePlugins } from './order-plugins.ts';
import type { KnownPlugin, SetJobType, SetTarget } from './plugin-set.ts';

/** What plugins offer together. */
export interface SettledOffers {
  /** In order. */
  readonly plugins: readonly KnownPlugin[];
  readonly jobTypes: readonly SetJobType[];
  readonly targets: readonly SetTarget[];
}

/**
 * Puts plugins into their order. What two of them offer, the first keeps; the other's `error` says so and names both.
 *
 * @param candidates - in any order; descriptions with all that each would offer.
 */
export function settleOffers(candidates: readonly KnownPlugin[]): SettledOffers {
  const owners = new Map<string, KnownPlugin>();
  const plugins = candidates.toSorted(comparePlugins).map((plugin) => claimOffers(plugin, owners));
  return {
    plugins,
    jobTypes: plugins.flatMap((provider) =>
      provider.description.jobTypes.map((jobType) => ({
        ...jobType,
        fullName: `${jobType.name}:${jobType.version}`,
        plugin: provider.name,
        pluginDir: provider.description.dir,
        provider,
        digest: provider.installed?.digest ?? null,
      })),
    ),
    targets: plugins.flatMap((provider) =>
      provider.description.targets.map((target) => ({ ...target, plugin: provider.name, provider })),
    ),
  };
}

function claimOffers(plugin: KnownPlugin, owners: Map<string, KnownPlugin>): KnownPlugin {
  const lost: string[] = [];
  const claim = (what: string): boolean => {
    const owner = owners.get(what);
    if (owner === undefined) owners.set(what, plugin);
    else lost.push(`${what} of ${present(plugin)} is already provided by ${present(owner)}`);
    return owner === undefined;
  };
  const { description } = plugin;
  const jobTypes = description.jobTypes.filter(({ name, version }) => claim(`job type ${name}:${version}`));
  const targets = description.targets.filter(({ name }) => claim(`infrastructure target ${name}`));
  if (lost.length === 0) return plugin;
  const problems = plugin.error === null ? lost : [plugin.error, ...lost];
  return { ...plugin, description: { ...description, jobTypes, targets }, error: problems.join('; ') };
}

function present({ name, version }: KnownPlugin): string {
  return `plugin ${name} ${version}`;
}
