import {
  createJobRepository,
  createPinRepository,
  type JobRow,
  type StoreTransaction,
  type VersionPin,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { isVersionAlias, matchesAlias } from '@racetrack-platform/manifest';
import { recordAudit } from '../audit/record-audit.ts';
import type { Actor } from '../auth/actor.ts';
import { pinRecordId } from '../feed/read-pin.ts';

/** What an alias is to stand for. */
interface PinChoice {
  readonly job: JobRow;
  readonly pattern: string;
}

/**
 * Makes an alias of a family stand for one version; doing it again changes nothing.
 *
 * @throws PlatformError `BAD_REQUEST` when the alias is none, or cannot mean this version; `VERSION_NOT_RUNNING`.
 */
export async function pinVersion(trx: StoreTransaction, actor: Actor, choice: PinChoice): Promise<void> {
  const { job, pattern } = choice;
  refuseOddPattern(job, pattern);
  const before = await createPinRepository(trx.db).find(job.name, pattern);
  if (before?.jobId === job.id) return;
  await requireRouted(trx, job);
  await putPin(trx, actor, choice, before);
}

/** Gives an alias back to the ordinary rule: the highest stable version that it fits. */
export async function unpin(trx: StoreTransaction, actor: Actor, pin: VersionPin): Promise<void> {
  await createPinRepository(trx.db).remove(pin.familyId, pin.pattern);
  await noteUnpinned(trx, actor, pin);
}

/**
 * Goes back to what the alias stood for before it was pinned last: another version, or what the ordinary rule gives.
 * Doing it again takes the undoing back, where a version was pinned before.
 *
 * @throws PlatformError `VERSION_NOT_RUNNING` when the version before is gone, or cannot be called.
 */
export async function undoPin(trx: StoreTransaction, actor: Actor, pin: VersionPin): Promise<void> {
  if (pin.previousJobId === null) return await unpin(trx, actor, pin);
  const job = await createJobRepository(trx.db).findById(pin.previousJobId);
  if (job === undefined) {
    throw new PlatformError(
      'VERSION_NOT_RUNNING',
      `the version that ${pin.pattern} of ${pin.family} stood for before is deleted`,
      { hint: 'Promote another version, or unpin the alias so that it means the highest version again.' },
    );
  }
  await requireRouted(trx, job);
  await putPin(trx, actor, { job, pattern: pin.pattern }, pin);
}

/** For the transaction that deletes a job: its aliases follow the ordinary rule again. */
export async function removePinsOfJob(trx: StoreTransaction, actor: Actor, jobId: string): Promise<void> {
  for (const pin of await createPinRepository(trx.db).listOfJob(jobId)) await unpin(trx, actor, pin);
}

function refuseOddPattern(job: JobRow, pattern: string): void {
  if (!isVersionAlias(pattern)) {
    throw new PlatformError('BAD_REQUEST', `"${pattern}" is not an alias that can be pinned`, {
      hint: 'Pin latest, or a wildcard such as 1.x.',
    });
  }
  if (matchesAlias(pattern, job.version)) return;
  throw new PlatformError('BAD_REQUEST', `${pattern} cannot stand for ${job.name} ${job.version}`, {
    hint: 'A wildcard stands for stable versions whose numbers it fits; latest can be pinned to any version.',
  });
}

async function requireRouted(trx: StoreTransaction, job: JobRow): Promise<void> {
  const candidates = await createPinRepository(trx.db).listCandidates(job.name);
  const routed = candidates.find(({ jobId }) => jobId === job.id)?.routedInstances ?? 0;
  if (routed > 0) return;
  throw new PlatformError('VERSION_NOT_RUNNING', `job ${job.name} ${job.version} cannot be called now`, {
    hint: `See why with \`racetrack logs ${job.name} --version ${job.version}\`; deploy it again, then promote it.`,
  });
}

async function putPin(
  trx: StoreTransaction,
  actor: Actor,
  { job, pattern }: PinChoice,
  before: VersionPin | undefined,
): Promise<void> {
  await createPinRepository(trx.db).put({
    familyId: job.family_id,
    pattern,
    jobId: job.id,
    previousJobId: before?.jobId ?? null,
    pinnedBy: actor.executor,
    pinnedAt: Date.now(),
  });
  trx.feedChanged('pin', pinRecordId({ family: job.name, pattern }));
  await recordAudit(trx, {
    eventType: 'version_pinned',
    ...auditFacts(actor, job, pattern),
    before: { version: before?.version ?? null },
    after: { version: job.version },
  });
}

async function noteUnpinned(trx: StoreTransaction, actor: Actor, pin: VersionPin): Promise<void> {
  trx.feedChanged('pin', pinRecordId(pin));
  await recordAudit(trx, {
    eventType: 'version_unpinned',
    ...auditFacts(actor, { name: pin.family, version: pin.version }, pin.pattern),
    before: { version: pin.version },
    after: { version: null },
  });
}

function auditFacts(actor: Actor, job: { readonly name: string; readonly version: string }, pattern: string) {
  return {
    ...actor,
    jobName: job.name,
    jobVersion: job.version,
    properties: { pattern },
  };
}
