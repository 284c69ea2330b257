import type { JobRoute, PinRecord } from '@racetrack-platform/contracts/processes';
import { isVersionAlias, resolveRouted } from '@racetrack-platform/manifest/versions';

/** A job version as calls need it; made once per change, not per call. */
export interface RoutedJob {
  readonly route: JobRoute;
  /** Path of the job's base URL, with the exact version, as the job sees it. */
  readonly prefix: string;
  /** The job's own host: sent in `Host`, and recognised in `Location`. */
  readonly host: string;
}

export type JobLookup =
  | { readonly kind: 'found'; readonly job: RoutedJob }
  /** `message` is for the caller and names what is missing. */
  | { readonly kind: 'missing'; readonly message: string };

/** All jobs by name and version. */
export interface JobTable {
  put(route: JobRoute): void;
  remove(id: string): void;
  /** Makes an alias stand for one version, which may come later. */
  putPin(pin: PinRecord): void;
  removePin(id: string): void;
  /** Finds an exact version or resolves an alias. */
  find(name: string, version: string): JobLookup;
  /** Whether an instance may receive calls. */
  isRouted(instanceId: string): boolean;
  /** Whether this exact version is known. */
  has(name: string, version: string): boolean;
  routes(): readonly JobRoute[];
  pins(): readonly PinRecord[];
}

interface Family {
  readonly byVersion: Map<string, RoutedJob>;
  /** Answers for aliases, valid until anything in the family changes. */
  readonly aliases: Map<string, JobLookup>;
}

/** Callers choose aliases, so their number is bounded. */
const MAX_REMEMBERED_ALIASES = 64;

/** Creates an empty table. */
export function createJobTable(): JobTable {
  const byId = new Map<string, RoutedJob>();
  const families = new Map<string, Family>();
  const instances = new Map<string, string>();
  const pins = new Map<string, PinRecord>();

  function put(route: JobRoute): void {
    remove(route.id);
    const job: RoutedJob = { route, prefix: prefixOf(route), host: hostOf(route) };
    byId.set(route.id, job);
    const family = families.get(route.name) ?? { byVersion: new Map(), aliases: new Map() };
    families.set(route.name, family);
    family.byVersion.set(route.version, job);
    family.aliases.clear();
    for (const instance of route.instances) instances.set(instance.id, route.id);
  }

  function remove(id: string): void {
    const job = byId.get(id);
    if (job === undefined) return;
    const { name, version, instances: removed } = job.route;
    byId.delete(id);
    for (const instance of removed) {
      if (instances.get(instance.id) === id) instances.delete(instance.id);
    }
    const family = families.get(name);
    if (family?.byVersion.get(version) !== job) return;
    family.byVersion.delete(version);
    family.aliases.clear();
    if (family.byVersion.size === 0) families.delete(name);
  }

  function find(name: string, version: string): JobLookup {
    const family = families.get(name);
    const exact = family?.byVersion.get(version);
    if (exact !== undefined) return { kind: 'found', job: exact };
    if (family === undefined) return { kind: 'missing', message: `No job named ${name}` };
    return family.aliases.get(version) ?? resolveAlias(family, version, pinnedVersion(name, version));
  }

  function pinnedVersion(name: string, alias: string): string | undefined {
    const pin = pins.get(`${name}/${alias}`);
    return pin && byId.get(pin.jobId)?.route.version;
  }

  return {
    put,
    remove,
    putPin(pin) {
      pins.set(pin.id, pin);
      families.get(pin.family)?.aliases.clear();
    },
    removePin(id) {
      const pin = pins.get(id);
      pins.delete(id);
      if (pin !== undefined) families.get(pin.family)?.aliases.clear();
    },
    find,
    isRouted: (instanceId) => instances.has(instanceId),
    has: (name, version) => families.get(name)?.byVersion.has(version) === true,
    routes: () => Array.from(byId.values(), (job) => job.route),
    pins: () => [...pins.values()],
  };
}

function resolveAlias(family: Family, requested: string, pinned: string | undefined): JobLookup {
  // Exact versions were looked for already, and any text may be asked for: nothing is remembered of it.
  if (!isVersionAlias(requested)) return lookUp(family, requested, [], undefined);
  const lookup = lookUp(family, requested, [...family.byVersion.values()], pinned);
  if (family.aliases.size >= MAX_REMEMBERED_ALIASES) family.aliases.clear();
  family.aliases.set(requested, lookup);
  return lookup;
}

function lookUp(
  family: Family,
  requested: string,
  jobs: readonly RoutedJob[],
  pinned: string | undefined,
): JobLookup {
  const states = jobs.map(({ route }) => ({
    version: route.version,
    isRouted: route.instances.length > 0,
    isStarting: route.status === 'starting',
  }));
  const resolved = resolveRouted(requested, states, pinned);
  if (resolved.kind === 'missing') return { kind: 'missing', message: resolved.message };
  const job = family.byVersion.get(resolved.version);
  return job === undefined
    ? { kind: 'missing', message: `No version ${resolved.version}` }
    : { kind: 'found', job };
}

function prefixOf({ name, version }: JobRoute): string {
  return `/pub/job/${encodeSegment(name)}/${encodeSegment(version)}`;
}

/** `+` is a plain character in a path (RFC 3986, 3.3), and versions may hold one. */
function encodeSegment(text: string): string {
  return encodeURIComponent(text).replaceAll('%2B', '+');
}

/** A name that no real host has, of the form that Racetrack 2.36 uses: `job-adder-v-0-0-1`. */
function hostOf({ name, version }: JobRoute): string {
  return `job-${name}-v-${version}`.toLowerCase().replaceAll(/[^a-z\d-]/g, '-');
}
