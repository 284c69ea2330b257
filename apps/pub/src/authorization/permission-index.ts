import {
  findGrant,
  normalizeEndpoint,
  type Permission,
  type Resource,
} from '@racetrack-platform/contracts/processes';

/** The grants of one subject, arranged so that a decision looks only at those that could cover it. */
export interface PermissionIndex {
  /** The same answer as `findGrant(all, 'call_job', resource)`, at a cost that does not grow with their number. */
  findCallGrant(resource: Resource): Permission | undefined;
}

/** A resource has two readings per filter: bound to it, or to nothing. */
const BINDINGS = [true, false] as const;

/**
 * Arranges grants by what they are bound to.
 *
 * @param permissions - all grants of the subject.
 */
export function createPermissionIndex(permissions: readonly Permission[]): PermissionIndex {
  const buckets = new Map<string, Permission[]>();
  for (const permission of permissions) {
    const key = keyOf(permission);
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [permission]);
    else if (!bucket.some(({ scope }) => scope === permission.scope)) bucket.push(permission);
  }
  return { findCallGrant: (resource) => findIn(buckets, resource) };
}

type Binding = Pick<Permission, 'family' | 'jobId' | 'endpoint'>;

const UNBOUND: Binding = { family: null, jobId: null, endpoint: null };

function findIn(buckets: ReadonlyMap<string, Permission[]>, resource: Resource): Permission | undefined {
  const everywhere = findInBucket(buckets, UNBOUND, resource);
  if (everywhere !== undefined) return everywhere;
  for (const toFamily of BINDINGS) {
    for (const toJob of BINDINGS) {
      for (const toEndpoint of BINDINGS) {
        const binding = {
          family: toFamily ? resource.family : null,
          jobId: toJob ? resource.jobId : null,
          endpoint: toEndpoint ? resource.endpoint : null,
        };
        const grant = findInBucket(buckets, binding, resource);
        if (grant !== undefined) return grant;
      }
    }
  }
  return undefined;
}

function findInBucket(
  buckets: ReadonlyMap<string, Permission[]>,
  binding: Binding,
  resource: Resource,
): Permission | undefined {
  const bucket = buckets.get(keyOf(binding));
  return bucket === undefined ? undefined : findGrant(bucket, 'call_job', resource);
}

/** Names, ids and paths hold no line feed. */
function keyOf({ family, jobId, endpoint }: Binding): string {
  return `${family ?? ''}\n${jobId ?? ''}\n${endpoint === null ? '' : normalizeEndpoint(endpoint)}`;
}
