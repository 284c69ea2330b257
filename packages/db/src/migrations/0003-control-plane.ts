import { sql, type Kysely } from 'kysely';
import type { ColumnAdder, TableBuilder } from '../migrate.ts';

/**
 * What administrators work with: pinned versions, who calls whom, stored asynchronous calls, and facts that accounts,
 * jobs, deployments and the audit log did not keep so far.
 */
export async function up(db: Kysely<unknown>, table: TableBuilder, addColumn: ColumnAdder): Promise<void> {
  for (const [name, clauses] of Object.entries(COLUMNS)) {
    for (const clause of clauses) await addColumn(name, clause);
  }
  // Clients of Racetrack 2.36 know these two by a number.
  for (const name of ['user', 'permission']) await numberRows(db, name);
  await table('version_pin', [
    'family_id text not null references job_family (id) on delete cascade',
    'pattern text not null',
    'job_id text not null references job (id) on delete cascade',
    'previous_job_id text',
    'pinned_by text',
    'pinned_at integer not null',
    'primary key (family_id, pattern)',
  ]);
  await table('call_edge', [
    'subject_id text not null references subject (id) on delete cascade',
    'family_id text not null references job_family (id) on delete cascade',
    'calls integer not null',
    'last_call_at integer not null',
    'primary key (subject_id, family_id)',
  ]);
  await table('async_job_call', [
    'id text primary key',
    'status text not null',
    'started_at integer not null',
    'ended_at integer',
    'error text',
    'job_name text not null',
    'job_version text not null',
    'job_path text not null',
    'request_method text not null',
    'request_url text not null',
    'request_headers text',
    'request_body text not null',
    'response_status_code integer',
    'response_headers text',
    'response_body text not null',
    'attempts integer not null',
    'pub_instance_addr text not null',
    'retriable_error integer not null',
  ]);
  await sql`create index async_job_call_started on async_job_call (started_at)`.execute(db);
  await sql`create index version_pin_job on version_pin (job_id)`.execute(db);
  await sql`create index permission_family on permission (family_id)`.execute(db);
  // What the audit log is filtered by; each in the order in which it is shown.
  for (const column of ['username_executor', 'username_subject', 'job_name']) {
    await sql`create index ${sql.raw(`audit_event_${column}`)} on audit_event (${sql.ref(column)}, created_at)`.execute(
      db,
    );
  }
}

const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  user: ['number integer', 'email text', 'first_name text', 'last_name text', 'is_superuser integer'],
  permission: ['number integer'],
  public_endpoint: ['approved_by text', 'approved_at integer'],
  job: ['manifest_edited_by text', 'manifest_edited_at integer', 'manifest_edited_subject_id text'],
  deployment: ['kind text', 'previous_target text'],
  audit_event: ['executor_subject_id text', 'before_state text', 'after_state text', 'address text'],
  trash_job: [
    'status text',
    'error text',
    'image_tag text',
    'last_call_at integer',
    'infrastructure_target text',
    'job_type_version text',
  ],
};

async function numberRows(db: Kysely<unknown>, name: string): Promise<void> {
  const of = sql.table(name);
  await sql`update ${of} set number = (
    select count(*) from ${of} as earlier
    where earlier.created_at < ${of}.created_at or (earlier.created_at = ${of}.created_at and earlier.id <= ${of}.id)
  )`.execute(db);
  await sql`create unique index ${sql.raw(`${name}_number`)} on ${of} (number)`.execute(db);
}
