import { sql, type Kysely } from 'kysely';
import type { TableBuilder } from '../migrate.ts';

/** Installed plugins with their archives and configurations, and plugins of the platform that were taken out. */
export async function up(db: Kysely<unknown>, table: TableBuilder): Promise<void> {
  await table('plugin_archive', ['digest text primary key', 'size_bytes integer', 'arrived_at integer']);
  await table('plugin_archive_part', [
    'digest text not null references plugin_archive (digest) on delete cascade',
    'part integer not null',
    'size_bytes integer not null',
    'data text not null',
    'primary key (digest, part)',
  ]);
  await table('plugin_package', [
    'name text not null',
    'version text not null',
    'digest text not null references plugin_archive (digest)',
    'size_bytes integer not null',
    'language text not null',
    'manifest text not null',
    'description text',
    'stand_in text',
    'is_pinned integer not null',
    'installed_by text',
    'installed_at integer not null',
    'primary key (name, version)',
  ]);
  await sql`create index plugin_package_digest on plugin_package (digest)`.execute(db);
  await table('plugin_config', [
    'name text primary key',
    'sealed text not null',
    'updated_by text',
    'updated_at integer not null',
  ]);
  await table('removed_plugin', [
    'name text primary key',
    'removed_by text not null',
    'removed_at integer not null',
  ]);
}
