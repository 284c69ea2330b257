import { createInstanceRepository, type Store } from '@racetrack-platform/db';
import type { PluginHost } from '@racetrack-platform/plugin-engine';
import type { InfrastructureTarget, ObservedInstance } from '@racetrack-platform/plugin-sdk';

/** A target has so long to say what is on it. */
const OBSERVE_TIMEOUT_MS = 10_000;

/** An instance on a target that no row of the store claims. */
export interface Orphan extends ObservedInstance {
  readonly target: Pick<InfrastructureTarget, 'name' | 'scope'>;
}

export interface ObserveOrphansDeps {
  readonly store: Store;
  readonly host: Pick<PluginHost, 'targets' | 'target'>;
}

/**
 * Asks every target that can be reached from here what is on it that the store does not know: those of this machine,
 * and those that every machine reaches. The store is read before and after, since a row is written before its instance
 * is launched and goes after it was removed.
 */
export async function observeOrphans({ store, host }: ObserveOrphansDeps): Promise<{
  readonly orphans: readonly Orphan[];
  /** Names of the targets that could not be asked. */
  readonly unreachable: readonly string[];
}> {
  const instances = createInstanceRepository(store.db);
  const before = await instances.list();
  const observed = await Promise.all(
    host.targets().map(async (target) => ({ target, seen: await observe(host.target(target.name)) })),
  );
  const known = new Set([...before, ...(await instances.list())].map(({ id }) => id));
  const orphans: Orphan[] = [];
  for (const { target, seen = [] } of observed) {
    for (const instance of seen) if (!known.has(instance.instanceId)) orphans.push({ ...instance, target });
  }
  return {
    orphans: orphans.toSorted(
      (one, other) => one.target.name.localeCompare(other.target.name) || one.startedAt - other.startedAt,
    ),
    unreachable: observed.filter(({ seen }) => seen === undefined).map(({ target }) => target.name),
  };
}

async function observe(target: InfrastructureTarget): Promise<readonly ObservedInstance[] | undefined> {
  try {
    return await target.observeAll(AbortSignal.timeout(OBSERVE_TIMEOUT_MS));
  } catch {
    return undefined;
  }
}
