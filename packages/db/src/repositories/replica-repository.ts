import type { Selectable } from 'kysely';
import type { ControlReplicaTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type ReplicaRow = Selectable<ControlReplicaTable>;

/** What a control process says of itself. */
export interface ReplicaFacts {
  readonly hostId: string;
  readonly hostname: string;
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export interface ReplicaRepository {
  /** Makes a replica known, or keeps it known, until `nowMs + ttlMs`. */
  heartbeat(id: string, facts: ReplicaFacts, nowMs: number, ttlMs: number): Promise<void>;
  /** Those whose heartbeat has not expired, the oldest first. */
  listLive(nowMs: number): Promise<ReplicaRow[]>;
  /** Notes the revision that every pub connected to this replica has acknowledged. */
  setAcknowledged(id: string, revision: number): Promise<void>;
  remove(id: string): Promise<void>;
  /** Forgets replicas without a heartbeat; answers their ids. */
  removeExpired(nowMs: number): Promise<string[]>;
}

/** All SQL on the table `control_replica`. */
export function createReplicaRepository(db: Queryable): ReplicaRepository {
  return {
    async heartbeat(id, facts, nowMs, ttlMs) {
      const known = {
        host_id: facts.hostId,
        hostname: facts.hostname,
        pid: facts.pid,
        started_at: facts.startedAt,
        expires_at: nowMs + ttlMs,
      };
      await db
        .insertInto('control_replica')
        .values({ id, ...known, acknowledged_revision: null })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(known))
        .execute();
    },

    async listLive(nowMs) {
      return await db
        .selectFrom('control_replica')
        .selectAll()
        .where('expires_at', '>', nowMs)
        .orderBy('started_at')
        .orderBy('id')
        .execute();
    },

    async setAcknowledged(id, revision) {
      await db
        .updateTable('control_replica')
        .set({ acknowledged_revision: revision })
        .where('id', '=', id)
        .execute();
    },

    async remove(id) {
      await db.deleteFrom('control_replica').where('id', '=', id).execute();
    },

    async removeExpired(nowMs) {
      const rows = await db
        .deleteFrom('control_replica')
        .where('expires_at', '<=', nowMs)
        .returning('id')
        .execute();
      return rows.map((row) => row.id);
    },
  };
}
