import {
  createPermissionRepository,
  type NewPermission,
  type StoreTransaction,
} from '@racetrack-platform/db';

/** Gives a subject a grant, unless it holds the very same one already; pub learns of it with the transaction. */
export async function grantPermission(trx: StoreTransaction, permission: NewPermission): Promise<void> {
  const isNew = await createPermissionRepository(trx.db).grant(permission, Date.now());
  if (isNew) trx.feedChanged('subject', permission.subjectId);
}
