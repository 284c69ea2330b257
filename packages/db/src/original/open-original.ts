import { Client } from 'pg';
import { PlatformError } from '@racetrack-platform/errors';
import { configureClient } from '../postgres/postgres-client.ts';
import { toStoreError } from '../postgres/postgres-errors.ts';
import { describeStore, type PostgresOptions } from '../store-options.ts';

/** The database of an installation of Racetrack 2.36, of which nothing is changed. */
export interface OriginalDatabase extends AsyncDisposable {
  /** Where it is, for people. */
  readonly place: string;
  /** Every row of a table as the database puts it in JSON, in order of `key`; none when there is no such table. */
  read(table: string, key: string): AsyncGenerator;
}

/** Fetched at once. */
const PAGE_ROWS = 500;

/**
 * Opens the original's database in one read-only transaction, so that all tables are of one moment.
 *
 * @param schema - where its tables are.
 * @throws PlatformError `STORE_UNAVAILABLE`; `CONFIG_INVALID` when there are no tables of Racetrack.
 */
export async function openOriginal(options: PostgresOptions, schema = 'public'): Promise<OriginalDatabase> {
  const place = describeStore(options);
  const client = new Client({ ...configureClient(options), options: '-c default_transaction_read_only=on' });
  // Told by whichever query comes next.
  client.on('error', () => undefined);
  const query = async (text: string, values: string[] = []): Promise<Record<string, unknown>[]> => {
    try {
      return (await client.query<Record<string, unknown>>(text, values)).rows;
    } catch (error) {
      throw toStoreError(place, error);
    }
  };
  const nameOf = (table: string): string =>
    `${client.escapeIdentifier(schema)}.${client.escapeIdentifier(table)}`;
  const exists = async (table: string): Promise<boolean> =>
    (await query('select to_regclass($1) as found', [nameOf(table)]))[0]?.['found'] !== null;
  try {
    await client.connect().catch((error: unknown) => {
      throw toStoreError(place, error);
    });
    // A person may look at the dry run for as long as they like; the transaction is open while rows are stored.
    await query('set idle_in_transaction_session_timeout = 0');
    await query('begin transaction isolation level repeatable read read only');
    if (!(await exists('registry_job'))) {
      throw new PlatformError(
        'CONFIG_INVALID',
        `${place} has no tables of Racetrack in the schema ${schema}`,
        {
          hint: 'Name the database of the original installation, and its schema with --schema.',
        },
      );
    }
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
  return {
    place,
    async *read(table, key) {
      if (!(await exists(table))) return;
      await query(
        `declare original_rows no scroll cursor for
         select row_to_json(row)::text as row from ${nameOf(table)} as row order by ${client.escapeIdentifier(key)}`,
      );
      try {
        for (;;) {
          const rows = await query(`fetch ${PAGE_ROWS} from original_rows`);
          for (const { row } of rows) yield JSON.parse(String(row));
          if (rows.length < PAGE_ROWS) return;
        }
      } finally {
        await query('close original_rows').catch(() => undefined);
      }
    },
    async [Symbol.asyncDispose]() {
      await client.end().catch(() => undefined);
    },
  };
}
