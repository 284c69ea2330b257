import type { Kysely } from 'kysely';
import type { TableBuilder } from '../migrate.ts';

/** Endpoints that are open at every version of a family that asks for them, and orphans that are to be removed. */
export async function up(_db: Kysely<unknown>, table: TableBuilder): Promise<void> {
  await table('family_endpoint', [
    'family_id text not null references job_family (id) on delete cascade',
    'endpoint text not null',
    'approved_by text not null',
    'approved_at integer not null',
    'primary key (family_id, endpoint)',
  ]);
  await table('orphan_removal', [
    'instance_id text primary key',
    'target text not null',
    'host_id text',
    'requested_by text not null',
    'requested_at integer not null',
  ]);
}
