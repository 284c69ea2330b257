import type { Permission } from './permission.ts';
import { PLATFORM_SCOPES, type Scope } from './scopes.ts';

/** What a subject wants to act on. */
export interface Resource {
  readonly family: string;
  /** `null` for a version that does not exist yet: then only grants that name no job can match. */
  readonly jobId: string | null;
  /** `null` when the operation is on the job itself; then grants bound to an endpoint do not match. */
  readonly endpoint: string | null;
}

/**
 * Decides whether any of a subject's grants covers an operation. Lifecycle and pub both use this and nothing else.
 *
 * Unlike Racetrack 2.36, a grant on a job covers that job only, not every job with the same version text,
 * and a grant on an endpoint does not open the rest of the job.
 *
 * @param permissions - all grants of the subject.
 * @param scope - what the operation needs.
 * @param resource - what it acts on.
 * @returns the grant that covers it, or `undefined`.
 */
export function findGrant<Grant extends Permission>(
  permissions: readonly Grant[],
  scope: Scope,
  resource: Resource,
): Grant | undefined {
  return permissions.find((permission) => covers(permission, scope, resource));
}

/**
 * The same for an operation on no job in particular, such as listing: any grant with the scope will do. A scope that
 * concerns the whole platform asks for a grant that is bound to nothing: unlike in Racetrack 2.36, `full_access` to one
 * job does not make an administrator.
 */
export function findScopeGrant<Grant extends Permission>(
  permissions: readonly Grant[],
  scope: Scope,
): Grant | undefined {
  const isOfPlatform = PLATFORM_SCOPES.has(scope);
  return permissions.find(
    (permission) => hasScope(permission, scope) && (!isOfPlatform || isUnbound(permission)),
  );
}

/** Whether a grant covers everything that its scope allows. */
export function isUnbound({ family, jobId, endpoint }: Permission): boolean {
  return family === null && jobId === null && endpoint === null;
}

/** Drops one trailing slash and ensures a leading one, as Racetrack 2.36 does before comparing endpoints. */
export function normalizeEndpoint(path: string): string {
  const withLeading = path.startsWith('/') ? path : `/${path}`;
  return withLeading.length > 1 && withLeading.endsWith('/') ? withLeading.slice(0, -1) : withLeading;
}

/** Endpoints that answer probes and need no token. */
const OPEN_ENDPOINTS = new Set(['/live', '/ready', '/health']);

/** Whether an endpoint is open at every job, without anybody's approval; normalised by {@link normalizeEndpoint}. */
export function isOpenEndpoint(endpoint: string): boolean {
  return OPEN_ENDPOINTS.has(endpoint);
}

/**
 * Whether an endpoint of a job may be called by anybody.
 *
 * @param endpoint - normalised by {@link normalizeEndpoint}.
 * @param publicEndpoints - the job's approved public endpoints; each opens itself and what lies below it,
 *   segment by segment (`/a` opens `/a/b`, not `/ab`).
 */
export function isPublicEndpoint(endpoint: string, publicEndpoints: readonly string[]): boolean {
  if (isOpenEndpoint(endpoint)) return true;
  return publicEndpoints.some((entry) => {
    const open = normalizeEndpoint(entry);
    return open === '/' || endpoint === open || endpoint.startsWith(`${open}/`);
  });
}

function covers(permission: Permission, scope: Scope, resource: Resource): boolean {
  if (!hasScope(permission, scope)) return false;
  if (permission.family !== null && permission.family !== resource.family) return false;
  if (permission.jobId !== null && permission.jobId !== resource.jobId) return false;
  if (permission.endpoint === null) return true;
  return (
    resource.endpoint !== null &&
    normalizeEndpoint(permission.endpoint) === normalizeEndpoint(resource.endpoint)
  );
}

function hasScope(permission: Permission, scope: Scope): boolean {
  return permission.scope === scope || permission.scope === 'full_access';
}
