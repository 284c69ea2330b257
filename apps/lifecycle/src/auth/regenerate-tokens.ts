import {
  createJobRepository,
  createSubjectRepository,
  createTokenRepository,
  type Store,
  type StoreTransaction,
  type SubjectKind,
} from '@racetrack-platform/db';
import { recordAudit } from '../audit/record-audit.ts';
import type { Actor } from './actor.ts';
import type { AuthenticatedSubject } from './authenticated-subject.ts';
import type { TokenService } from './token-service.ts';

export interface RegenerateDeps {
  readonly store: Store;
  readonly tokens: TokenService;
}

/** An entry of the audit log names so many jobs; it says how many there are. */
const MAX_NAMED_JOBS = 100;

/**
 * Gives every token of one user another text.
 *
 * @returns the new text of the token that the request was sent with.
 */
export async function regenerateOwn(
  { store, tokens }: RegenerateDeps,
  subject: AuthenticatedSubject,
  actor: Actor,
): Promise<string> {
  const { result } = await store.transaction(async (trx) => {
    const owner = await createSubjectRepository(trx.db).find(subject.subjectId);
    const rows = await createTokenRepository(trx.db).listOfSubject(subject.subjectId);
    const owners = new Map(owner === undefined ? [] : [[owner.id, owner]]);
    const texts = await tokens.regenerate(trx, rows, owners);
    await recordAudit(trx, {
      ...actor,
      eventType: 'token_regenerated',
      subject: subject.name,
      properties: { kind: 'user', tokens: texts.size },
    });
    return texts.get(subject.tokenId);
  });
  if (result === undefined) throw new Error('the token of the request is gone');
  return result;
}

/**
 * Gives every token of all subjects of a kind another text.
 *
 * Running jobs keep the former token of their family until they are provisioned anew: their calls to other jobs are
 * refused meanwhile, as in Racetrack 2.36. The audit entry names them.
 */
export async function regenerateAll(
  { store, tokens }: RegenerateDeps,
  kind: SubjectKind,
  actor: Actor,
): Promise<void> {
  await store.transaction(async (trx) => {
    const subjects = await createSubjectRepository(trx.db).listOfKind(kind);
    const rows = await createTokenRepository(trx.db).listOfKind(kind);
    const owners = new Map(subjects.map((subject) => [subject.id, subject]));
    const texts = await tokens.regenerate(trx, rows, owners);
    await recordAudit(trx, {
      ...actor,
      eventType: 'token_regenerated',
      properties: {
        kind,
        tokens: texts.size,
        ...(kind === 'job_family' && (await listJobsToReprovision(trx))),
      },
    });
  });
}

async function listJobsToReprovision({ db }: StoreTransaction): Promise<Record<string, unknown>> {
  const jobs = (await createJobRepository(db).list()).map(({ name, version }) => `${name} ${version}`);
  return {
    advice: 'running jobs hold their former token until they are provisioned anew',
    jobs_to_reprovision: jobs.slice(0, MAX_NAMED_JOBS),
    jobs_to_reprovision_count: jobs.length,
  };
}
