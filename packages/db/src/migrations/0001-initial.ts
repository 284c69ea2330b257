import { sql, type Kysely } from 'kysely';
import type { TableBuilder } from '../migrate.ts';

/** Everything the first release stores. Types are `text` and `integer` alone, see `codec.ts`. */
export async function up(db: Kysely<unknown>, table: TableBuilder): Promise<void> {
  await createAccounts(db, table);
  await createJobs(db, table);
  await createDeployments(db, table);
  await createOperations(db, table);
}

async function createAccounts(db: Kysely<unknown>, table: TableBuilder): Promise<void> {
  await table('meta', ['key text primary key', 'value text not null']);
  await table('user', [
    'id text primary key',
    'username text not null unique',
    'password_hash text not null',
    'is_active integer not null',
    'is_staff integer not null',
    'created_at integer not null',
    'last_login_at integer',
  ]);
  await table('esc', ['id text primary key', 'name text not null']);
  await table('job_family', ['id text primary key', 'name text not null unique']);
  await table('subject', [
    'id text primary key',
    "kind text not null check (kind in ('user', 'esc', 'job_family'))",
    'user_id text unique references "user" (id) on delete cascade',
    'esc_id text unique references esc (id) on delete cascade',
    'family_id text unique references job_family (id) on delete cascade',
    `check ((case when user_id is null then 0 else 1 end) + (case when esc_id is null then 0 else 1 end)
      + (case when family_id is null then 0 else 1 end) = 1)`,
  ]);
  await table('token', [
    'id text primary key',
    'subject_id text not null references subject (id) on delete cascade',
    'name text',
    'hash text not null unique',
    'sealed text not null',
    'expires_at integer',
    'is_active integer not null',
    'created_at integer not null',
    'last_used_at integer',
  ]);
  await sql`create index token_subject on token (subject_id)`.execute(db);
}

async function createJobs(db: Kysely<unknown>, table: TableBuilder): Promise<void> {
  await table('job', [
    'id text primary key',
    'family_id text not null references job_family (id)',
    'name text not null',
    'version text not null',
    'status text not null',
    'created_at integer not null',
    'updated_at integer not null',
    'manifest_yaml text not null',
    'deployed_by text',
    'infrastructure_target text not null',
    'job_type_version text not null',
    'deployment_id text not null',
    'error text',
    'notice text',
    'last_call_at integer',
    'unique (name, version)',
  ]);
  await table('permission', [
    'id text primary key',
    'subject_id text not null references subject (id) on delete cascade',
    'scope text not null',
    'family_id text references job_family (id) on delete cascade',
    'job_id text references job (id) on delete cascade',
    'endpoint text',
    'created_at integer not null',
  ]);
  await sql`create index permission_subject on permission (subject_id)`.execute(db);
  await sql`create index permission_job on permission (job_id)`.execute(db);
  await table('public_endpoint', [
    'id text primary key',
    'job_id text not null references job (id) on delete cascade',
    'endpoint text not null',
    'is_active integer not null',
    'unique (job_id, endpoint)',
  ]);
  await table('trash_job', [
    'id text primary key',
    'name text not null',
    'version text not null',
    'manifest_yaml text not null',
    'deployed_by text',
    'created_at integer not null',
    'updated_at integer not null',
    'deleted_at integer not null',
    'deleted_by text',
  ]);
  await sql`create index trash_job_version on trash_job (name, version)`.execute(db);
}

async function createDeployments(db: Kysely<unknown>, table: TableBuilder): Promise<void> {
  await table('deployment', [
    'id text primary key',
    'job_name text not null',
    'job_version text not null',
    'status text not null',
    'step text not null',
    'phase text',
    'error text',
    'error_code text',
    'hint text',
    'warnings text',
    'created_at integer not null',
    'updated_at integer not null',
    'deployed_by text not null',
    'subject_id text not null',
    'manifest_yaml text not null',
    'infrastructure_target text not null',
    'job_type_version text not null',
    'is_force integer not null',
    'no_cache integer not null',
    'upload text',
    'sealed_secrets text',
    'deployment_timestamp integer',
    'commit_id text',
    'artifact_key text',
    'launch_spec text',
    'lease_owner text',
    'lease_epoch integer not null',
    'lease_expires_at integer not null',
  ]);
  // At most one attempt per name and version at any time, whoever asks and however many servers there are.
  await sql`create unique index deployment_in_progress on deployment (job_name, job_version)
    where status = 'in_progress'`.execute(db);
  await sql`create index deployment_version on deployment (job_name, job_version, created_at)`.execute(db);
  await sql`create index deployment_updated on deployment (updated_at)`.execute(db);
  await table('build_log', [
    'deployment_id text not null references deployment (id) on delete cascade',
    'seq integer not null',
    'text text not null',
    'primary key (deployment_id, seq)',
  ]);
  await table('instance', [
    'id text primary key',
    'deployment_id text not null references deployment (id)',
    'job_name text not null',
    'job_version text not null',
    'target text not null',
    'state text not null',
    'address text',
    'created_at integer not null',
    'drain_since integer',
    'drain_revision integer',
    'restarts integer not null',
    'next_restart_at integer',
  ]);
  await sql`create index instance_deployment on instance (deployment_id)`.execute(db);
}

async function createOperations(db: Kysely<unknown>, table: TableBuilder): Promise<void> {
  await table('audit_event', [
    'id text primary key',
    'created_at integer not null',
    'event_type text not null',
    'properties text not null',
    'username_executor text',
    'username_subject text',
    'job_name text',
    'job_version text',
  ]);
  await sql`create index audit_event_created on audit_event (created_at)`.execute(db);
  await table('setting', ['name text primary key', 'value text not null']);
  await table('lease', [
    'name text primary key',
    'owner text not null',
    'epoch integer not null',
    'expires_at integer not null',
  ]);
  await table('feed_revision', ['id integer primary key', 'revision integer not null']);
  await sql`insert into feed_revision (id, revision) values (1, 0)`.execute(db);
  await table('feed_change', [
    'revision integer not null',
    'kind text not null',
    'record_id text not null',
    'primary key (revision, kind, record_id)',
  ]);
}
