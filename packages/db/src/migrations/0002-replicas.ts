import { sql, type Kysely } from 'kysely';
import type { ColumnAdder, TableBuilder } from '../migrate.ts';

/** Several control processes on one store: where a process instance lives, who is alive, which uids are given out. */
export async function up(db: Kysely<unknown>, table: TableBuilder, addColumn: ColumnAdder): Promise<void> {
  await addColumn('deployment', 'host_id text');
  await addColumn('deployment', 'cancel_requested_at integer');
  await addColumn('instance', 'host_id text');
  await table('control_replica', [
    'id text primary key',
    'host_id text not null',
    'hostname text not null',
    'pid integer not null',
    'started_at integer not null',
    'expires_at integer not null',
    'acknowledged_revision integer',
  ]);
  await table('instance_drain', [
    'instance_id text not null references instance (id) on delete cascade',
    'replica_id text not null',
    'primary key (instance_id, replica_id)',
  ]);
  await table('uid_range', [
    'host_id text primary key',
    'first_uid integer not null',
    'size integer not null',
    'next_uid integer not null',
  ]);
  await table('uid_allocation', [
    'host_id text not null references uid_range (host_id) on delete cascade',
    'uid integer not null',
    'job_name text not null',
    'job_version text not null',
    'created_at integer not null',
    'primary key (host_id, uid)',
    'unique (host_id, job_name, job_version)',
  ]);
  await sql`create index instance_job on instance (job_name, job_version)`.execute(db);
}
