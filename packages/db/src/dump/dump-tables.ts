import type { Database } from '../database.ts';

interface DumpTable {
  /** Columns of the primary key, in order: rows are read and written in this order. */
  readonly key: readonly string[];
  /** False: it says what runs at the moment, or can be had again, and stays where it is. */
  readonly isExported: boolean;
  /** Of large rows: so many are read, or written by one statement; left out: {@link ROWS_AT_ONCE}. */
  readonly rowsAtOnce?: number;
}

/**
 * Build logs come in pieces of some ten kilobytes, and the widest table has some thousand parameters in so many rows, of
 * 32,766 that SQLite takes in one statement.
 */
const ROWS_AT_ONCE = 100;

/** Every table, after those that it refers to. */
const TABLES: Readonly<Record<keyof Database, DumpTable>> = {
  meta: { key: ['key'], isExported: true },
  user: { key: ['id'], isExported: true },
  esc: { key: ['id'], isExported: true },
  job_family: { key: ['id'], isExported: true },
  subject: { key: ['id'], isExported: true },
  token: { key: ['id'], isExported: true },
  job: { key: ['id'], isExported: true },
  permission: { key: ['id'], isExported: true },
  public_endpoint: { key: ['id'], isExported: true },
  family_endpoint: { key: ['family_id', 'endpoint'], isExported: true },
  version_pin: { key: ['family_id', 'pattern'], isExported: true },
  call_edge: { key: ['subject_id', 'family_id'], isExported: true },
  async_job_call: { key: ['id'], isExported: true },
  trash_job: { key: ['id'], isExported: true },
  deployment: { key: ['id'], isExported: true },
  build_log: { key: ['deployment_id', 'seq'], isExported: true },
  instance: { key: ['id'], isExported: true },
  audit_event: { key: ['id'], isExported: true },
  setting: { key: ['name'], isExported: true },
  uid_range: { key: ['host_id'], isExported: true },
  uid_allocation: { key: ['host_id', 'uid'], isExported: true },
  plugin_archive: { key: ['digest'], isExported: true },
  // Some 700 kB each; an archive may have hundreds.
  plugin_archive_part: { key: ['digest', 'part'], isExported: true, rowsAtOnce: 4 },
  plugin_package: { key: ['name', 'version'], isExported: true },
  plugin_config: { key: ['name'], isExported: true },
  removed_plugin: { key: ['name'], isExported: true },
  feed_revision: { key: ['id'], isExported: true },
  // Every pub takes a full snapshot of a store it does not know.
  feed_change: { key: ['revision', 'kind', 'record_id'], isExported: false },
  lease: { key: ['name'], isExported: false },
  control_replica: { key: ['id'], isExported: false },
  orphan_removal: { key: ['instance_id'], isExported: false },
  instance_drain: { key: ['instance_id', 'replica_id'], isExported: false },
};

export interface ExportedTable {
  readonly name: string;
  readonly key: readonly string[];
  /** Rows that may be held in memory. */
  readonly rowsAtOnce: number;
}

/** The tables of an export, in its order. */
export const EXPORTED_TABLES: readonly ExportedTable[] = Object.entries(TABLES)
  .filter(([, table]) => table.isExported)
  .map(([name, { key, rowsAtOnce = ROWS_AT_ONCE }]) => ({ name, key, rowsAtOnce }));

/** Identity of one store, which an export names but never hands on: a copy is another store. */
export const STORE_ID_KEY = 'store_id';
