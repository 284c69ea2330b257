import {
  createDeploymentRepository,
  createJobRepository,
  createSubjectRepository,
  type StoreTransaction,
} from '@racetrack-platform/db';

/**
 * Removes a family of which no job was ever published and none is being deployed, with its subject, tokens and grants:
 * a failed first attempt leaves no claim on the name, and its token opens nothing for whoever takes the name next.
 */
export async function forgetUnusedFamily(trx: StoreTransaction, name: string): Promise<void> {
  if (await createJobRepository(trx.db).isNameTaken(name)) return;
  if (await createDeploymentRepository(trx.db).isNameInProgress(name)) return;
  const { subjectIds, tokenHashes } = await createSubjectRepository(trx.db).deleteFamily(name);
  for (const hash of tokenHashes) trx.feedChanged('token', hash);
  for (const id of subjectIds) trx.feedChanged('subject', id);
}
