import {
  findGrant,
  findScopeGrant,
  isOpenEndpoint,
  isPublicEndpoint,
  normalizeEndpoint,
  type Resource,
} from './is-allowed.ts';
import type { Permission } from './permission.ts';
import type { Scope } from './scopes.ts';

/** All that a decision depends on. */
export interface DecisionFacts<Grant extends Permission> {
  /** All grants of the subject. */
  readonly permissions: readonly Grant[];
  readonly scope: Scope;
  /** `null` for an operation on no job in particular, such as listing. */
  readonly resource: Resource | null;
  /** Approved public endpoints of the job. */
  readonly publicEndpoints: readonly string[];
}

/** What decides, and what would have to be there for it to be otherwise. */
export type Explanation<Grant extends Permission> =
  /** A probe of every job, open to everybody. */
  | { readonly rule: 'open_endpoint' }
  /** An approved public endpoint of the job, open to everybody. */
  | { readonly rule: 'public_endpoint' }
  | { readonly rule: 'grant'; readonly grant: Grant }
  /** Denied: the narrowest grant that would allow it, and grants of the scope that are bound to something else. */
  | { readonly rule: 'no_grant'; readonly missing: Permission; readonly elsewhere: readonly Grant[] };

/**
 * Says which rule allows an operation, or what is missing. It decides with the very functions that lifecycle and pub
 * decide with, so it cannot disagree with them.
 */
export function explainDecision<Grant extends Permission>(facts: DecisionFacts<Grant>): Explanation<Grant> {
  const { permissions, scope, resource } = facts;
  const open = explainOpen(facts);
  if (open !== undefined) return open;
  const grant =
    resource === null ? findScopeGrant(permissions, scope) : findGrant(permissions, scope, resource);
  if (grant !== undefined) return { rule: 'grant', grant };
  return {
    rule: 'no_grant',
    missing: describeMissing(scope, resource),
    elsewhere: permissions.filter((held) => held.scope === scope || held.scope === 'full_access'),
  };
}

function explainOpen({
  scope,
  resource,
  publicEndpoints,
}: DecisionFacts<Permission>): { readonly rule: 'open_endpoint' | 'public_endpoint' } | undefined {
  if (scope !== 'call_job' || resource === null) return undefined;
  // Nothing is open at a job that does not exist.
  if (resource.endpoint === null || resource.jobId === null) return undefined;
  const endpoint = normalizeEndpoint(resource.endpoint);
  if (isOpenEndpoint(endpoint)) return { rule: 'open_endpoint' };
  return isPublicEndpoint(endpoint, publicEndpoints) ? { rule: 'public_endpoint' } : undefined;
}

function describeMissing(scope: Scope, resource: Resource | null): Permission {
  if (resource === null) return { scope, family: null, jobId: null, endpoint: null };
  const { family, jobId } = resource;
  const endpoint = resource.endpoint === null ? null : normalizeEndpoint(resource.endpoint);
  // A job belongs to its family: naming it says both.
  return { scope, family: jobId === null ? family : null, jobId, endpoint };
}
