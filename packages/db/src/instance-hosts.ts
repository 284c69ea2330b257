import { sql, type Kysely } from 'kysely';

/** A data directory that job instances of a store live in. */
export interface InstanceHost {
  /** Its host id. */
  readonly id: string;
  /** How many live there. */
  readonly instances: number;
  /** Whether a control process looks after it now. */
  readonly isLive: boolean;
}

/** The same on both kinds of store. */
export const HOST_QUERY = `
  select host_id, count(*) as instances,
    (select max(expires_at) from control_replica where control_replica.host_id = instance.host_id) as expires_at
  from instance where host_id is not null group by host_id order by host_id`;

/** @param nowMs - milliseconds of the epoch. */
export function toInstanceHost(row: Readonly<Record<string, unknown>>, nowMs: number): InstanceHost {
  return {
    id: String(row['host_id']),
    instances: Number(row['instances']),
    isLive: Number(row['expires_at'] ?? 0) > nowMs,
  };
}

/** @param db - of the schema of this release. */
export async function listInstanceHosts(db: Kysely<unknown>, nowMs: number): Promise<InstanceHost[]> {
  const { rows } = await sql.raw<Record<string, unknown>>(HOST_QUERY).execute(db);
  return rows.map((row) => toInstanceHost(row, nowMs));
}
