import type { ExpressionBuilder, Selectable } from 'kysely';
import type { Database, DeploymentTable } from '../database.ts';
import type { Queryable } from '../store.ts';

type DeploymentRow = Selectable<DeploymentTable>;

/** A deployment that waits for its turn. */
export type WaitingDeployment = Pick<DeploymentRow, 'id' | 'subject_id' | 'phase'>;

/** Whose turn it is. */
export interface DeploymentQueue {
  /**
   * Takes a deployment that nobody drives, or whose driver's lease ran out: of the subject that has the fewest being
   * driven, and of those the oldest.
   *
   * @param hostId - of the claimer: it takes its own host's, those of no host, and those whose host is not among
   *   `liveHostIds` and cannot drive them any more.
   * @param forWhom - `newcomer`: only of subjects of which none is being driven, and what was begun before.
   */
  claimNext(
    owner: string,
    hostId: string,
    nowMs: number,
    leaseMs: number,
    liveHostIds: readonly string[],
    forWhom?: 'anybody' | 'newcomer',
  ): Promise<DeploymentRow | undefined>;
  /** Accepted deployments that nobody has driven yet and that this host may drive, oldest first. */
  listWaiting(hostId: string, nowMs: number, limit: number): Promise<WaitingDeployment[]>;
  /** The subjects of the deployments that are being driven, one for each, oldest first. */
  listRunningSubjects(nowMs: number): Promise<string[]>;
}

/** The part of the repository of deployments that hands them to drivers. */
export function createDeploymentQueue(db: Queryable): DeploymentQueue {
  return {
    async claimNext(owner, hostId, nowMs, leaseMs, liveHostIds, forWhom = 'anybody') {
      const otherLiveHosts = liveHostIds.filter((id) => id !== hostId);
      let next = db
        .selectFrom('deployment')
        .select('id')
        .where('status', '=', 'in_progress')
        .where('lease_expires_at', '<', nowMs)
        .orderBy((eb) => countDriven(eb, nowMs))
        .orderBy('created_at')
        .orderBy('id')
        .limit(1);
      if (otherLiveHosts.length > 0) {
        next = next.where((eb) =>
          eb.or([eb('host_id', 'is', null), eb('host_id', 'not in', otherLiveHosts)]),
        );
      }
      if (forWhom === 'newcomer') {
        next = next.where((eb) => eb.or([eb('step', '!=', 'accepted'), eb(countDriven(eb, nowMs), '=', 0)]));
      }
      return await db
        .updateTable('deployment')
        .set((eb) => ({
          lease_owner: owner,
          lease_epoch: eb('lease_epoch', '+', 1),
          lease_expires_at: nowMs + leaseMs,
        }))
        .where('id', '=', next)
        .where('lease_expires_at', '<', nowMs)
        .returningAll()
        .executeTakeFirst();
    },

    async listWaiting(hostId, nowMs, limit) {
      return await db
        .selectFrom('deployment')
        .select(['id', 'subject_id', 'phase'])
        .where('status', '=', 'in_progress')
        .where('step', '=', 'accepted')
        .where('lease_expires_at', '<', nowMs)
        .where((eb) => eb.or([eb('host_id', 'is', null), eb('host_id', '=', hostId)]))
        .orderBy('created_at')
        .orderBy('id')
        .limit(limit)
        .execute();
    },

    async listRunningSubjects(nowMs) {
      const rows = await db
        .selectFrom('deployment')
        .select('subject_id')
        .where('status', '=', 'in_progress')
        .where('lease_expires_at', '>=', nowMs)
        .orderBy('created_at')
        .execute();
      return rows.map((row) => row.subject_id);
    },
  };
}

/** How many deployments of the same subject are being driven. */
function countDriven(eb: ExpressionBuilder<Database, 'deployment'>, nowMs: number) {
  return eb
    .selectFrom('deployment as driven')
    .select(eb.fn.countAll<number>().as('count'))
    .whereRef('driven.subject_id', '=', 'deployment.subject_id')
    .where('driven.status', '=', 'in_progress')
    .where('driven.lease_expires_at', '>=', nowMs);
}
