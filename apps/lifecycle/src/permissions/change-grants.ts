import { ADMINISTRATOR_SCOPES, formatSubjectRef, type Scope } from '@racetrack-platform/contracts';
import {
  createPermissionRepository,
  type GrantRecord,
  type NewPermission,
  type StoreTransaction,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { recordAudit, type AuditEventType } from '../audit/record-audit.ts';
import type { AuthenticatedSubject } from '../auth/authenticated-subject.ts';
import { grantPermission } from '../auth/grant-permission.ts';
import { mayMakeAdministrators, requireAdministrator } from '../auth/require-permission.ts';
import { presentGrant } from './present-grant.ts';

/** Who gives or takes a grant, from where. */
export interface GrantActor {
  readonly subject: AuthenticatedSubject;
  readonly address: string | null;
}

/**
 * Gives a grant; giving it again changes nothing. Pub learns of it with the transaction.
 *
 * @returns the grant as the subject holds it now.
 * @throws PlatformError `PERMISSION_DENIED`, see {@link requireMayChange}.
 */
export async function giveGrant(
  trx: StoreTransaction,
  actor: GrantActor,
  permission: NewPermission,
): Promise<GrantRecord> {
  requireMayChange(actor.subject, permission.scope);
  const permissions = createPermissionRepository(trx.db);
  const held = await permissions.findSame(permission);
  if (held !== undefined) return held;
  await grantPermission(trx, permission);
  const given = await permissions.findSame(permission);
  if (given === undefined) throw new Error('the grant is not there after it was stored');
  await recordChange(trx, actor, 'permission_granted', given);
  return given;
}

/** Takes a grant away; a call that depends on it is refused as soon as pub has heard of it, within a second. */
export async function takeGrant(trx: StoreTransaction, actor: GrantActor, grant: GrantRecord): Promise<void> {
  requireMayChange(actor.subject, grant.scope);
  await createPermissionRepository(trx.db).delete(grant.id);
  trx.feedChanged('subject', grant.subjectId);
  await recordChange(trx, actor, 'permission_revoked', grant);
}

/** Administrators change grants; those that make an administrator, only who may do that. */
function requireMayChange(actor: AuthenticatedSubject, scope: Scope): void {
  requireAdministrator(actor);
  if (!ADMINISTRATOR_SCOPES.has(scope) || mayMakeAdministrators(actor)) return;
  throw new PlatformError('PERMISSION_DENIED', `${actor.caller} may not give or take the scope ${scope}`, {
    hint: 'Ask a member of the staff, or somebody with full_access to everything.',
  });
}

async function recordChange(
  trx: StoreTransaction,
  { subject: actor, address }: GrantActor,
  eventType: AuditEventType & `permission_${string}`,
  grant: GrantRecord,
): Promise<void> {
  const state = { ...presentGrant(grant) };
  const { scope, endpoint } = grant;
  await recordAudit(trx, {
    eventType,
    executor: actor.name,
    executorSubjectId: actor.subjectId,
    address,
    subject: grant.subject.name,
    jobName: grant.job?.name ?? grant.family,
    jobVersion: grant.job?.version ?? null,
    properties: { scope, subject: formatSubjectRef(grant.subject), ...(endpoint !== null && { endpoint }) },
    ...(eventType === 'permission_granted' ? { after: state } : { before: state }),
  });
}
