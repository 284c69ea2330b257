import { z } from 'zod';

/** What a permission allows; `full_access` counts as every scope. */
export const SCOPES = [
  'read_job',
  'deploy_job',
  'deploy_new_family',
  'delete_job',
  'call_job',
  'call_admin_api',
  'full_access',
] as const;

export const scopeSchema = z.enum(SCOPES);
export type Scope = z.infer<typeof scopeSchema>;

/** Scopes that concern the whole platform: a grant of one is worth nothing when it is bound to a job. */
export const PLATFORM_SCOPES: ReadonlySet<Scope> = new Set<Scope>([
  'deploy_new_family',
  'call_admin_api',
  'full_access',
]);

/** Scopes that only those may give who hold full access, or are staff: they make administrators. */
export const ADMINISTRATOR_SCOPES: ReadonlySet<Scope> = new Set<Scope>(['call_admin_api', 'full_access']);

/** Scopes that every registered user starts with, on everything. */
export const DEFAULT_USER_SCOPES = [
  'read_job',
  'call_job',
  'deploy_new_family',
  'deploy_job',
] as const satisfies Scope[];

/** Scopes that the deployer gets on a job after its first successful deployment. */
export const OWNER_SCOPES = ['read_job', 'call_job', 'deploy_job', 'delete_job'] as const satisfies Scope[];
