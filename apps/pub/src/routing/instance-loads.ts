import type { Address, RoutedInstance } from '@racetrack-platform/contracts/processes';

/** One running copy of a job, with what pub knows of its load. */
export interface InstanceLoad<Pool> {
  readonly id: string;
  readonly address: Address;
  /** Kept connections to it. */
  readonly pool: Pool;
  inFlight: number;
  /** It refused a connection; until then others are preferred. Milliseconds of the given clock. */
  avoidUntilMs: number;
}

export interface InstanceLoadsDeps<Pool> {
  readonly nowMs: () => number;
  readonly createPool: (address: Address) => Pool;
  readonly closePool: (pool: Pool) => void;
  /** Whether the routing tables still name an instance. */
  readonly isRouted: (instanceId: string) => boolean;
  /** Called when the last call to an instance ended that is no longer routed. */
  readonly onDrained: () => void;
}

/** How long an instance that refused a connection is avoided. */
const AVOID_MS = 1_000;

export interface InstanceLoads<Pool> {
  /**
   * Picks the instance with the fewest calls in flight and counts one more.
   *
   * @param instances - those that may receive the call.
   * @param tried - ids that failed already for this call.
   * @returns `undefined` when none is left.
   */
  acquire(instances: readonly RoutedInstance[], tried: ReadonlySet<string>): InstanceLoad<Pool> | undefined;
  /** Ends what {@link InstanceLoads.acquire} began; exactly once per call. */
  release(instance: InstanceLoad<Pool>): void;
  /** Prefers other instances for a second. */
  avoid(instance: InstanceLoad<Pool>): void;
  /** Closes the connections to instances that are neither routed nor busy. Call after every change of routes. */
  forgetUnrouted(): void;
  /** Calls in flight per instance, without the idle ones. */
  inFlight(): Record<string, number>;
  close(): void;
}

/** Counts calls in flight, in memory, for balancing and for draining. */
export function createInstanceLoads<Pool>(deps: InstanceLoadsDeps<Pool>): InstanceLoads<Pool> {
  const loads = new Map<string, InstanceLoad<Pool>>();
  let turn = 0;

  function ensure(instance: RoutedInstance): InstanceLoad<Pool> {
    const known = loads.get(instance.id);
    if (known !== undefined && isSameAddress(known.address, instance.address)) return known;
    const load = {
      id: instance.id,
      address: instance.address,
      pool: deps.createPool(instance.address),
      inFlight: 0,
      avoidUntilMs: 0,
    };
    loads.set(instance.id, load);
    return load;
  }

  function forgetIfUnused(instance: InstanceLoad<Pool>): void {
    if (instance.inFlight > 0 || deps.isRouted(instance.id)) return;
    if (loads.get(instance.id) === instance) loads.delete(instance.id);
    deps.closePool(instance.pool);
  }

  return {
    acquire(instances, tried) {
      turn = (turn + 1) % 1_000_000;
      let best: InstanceLoad<Pool> | undefined;
      for (let index = 0; index < instances.length; index += 1) {
        const candidate = instances[(index + turn) % instances.length];
        if (candidate === undefined || tried.has(candidate.id)) continue;
        const load = ensure(candidate);
        if (best === undefined || isBetter(load, best, deps.nowMs)) best = load;
      }
      if (best !== undefined) best.inFlight += 1;
      return best;
    },
    release(instance) {
      instance.inFlight -= 1;
      if (instance.inFlight > 0 || deps.isRouted(instance.id)) return;
      forgetIfUnused(instance);
      deps.onDrained();
    },
    avoid(instance) {
      instance.avoidUntilMs = deps.nowMs() + AVOID_MS;
    },
    forgetUnrouted() {
      for (const load of loads.values()) forgetIfUnused(load);
    },
    inFlight() {
      const busy = [...loads.values()].filter((load) => load.inFlight > 0);
      return Object.fromEntries(busy.map((load) => [load.id, load.inFlight]));
    },
    close() {
      for (const load of loads.values()) deps.closePool(load.pool);
      loads.clear();
    },
  };
}

function isBetter(
  candidate: InstanceLoad<unknown>,
  best: InstanceLoad<unknown>,
  nowMs: () => number,
): boolean {
  if (candidate.avoidUntilMs !== best.avoidUntilMs) {
    const now = nowMs();
    const isAvoided = candidate.avoidUntilMs > now;
    if (isAvoided !== best.avoidUntilMs > now) return !isAvoided;
  }
  return candidate.inFlight < best.inFlight;
}

function isSameAddress(one: Address, other: Address): boolean {
  if (one === other) return true;
  if (one.kind === 'unix') return other.kind === 'unix' && one.path === other.path;
  return other.kind === 'tcp' && one.host === other.host && one.port === other.port;
}
