import type {
  ListRecordsPayload,
  RecordDto,
  RecordNamesDto,
  RecordsPageDto,
} from '@racetrack-platform/contracts';
import {
  createRecordRepository,
  primaryKeyOf,
  type Queryable,
  type RecordColumn,
  type RecordFilters,
  type RecordTable,
  type StoredRecord,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { presentValue, readValue } from './convert-value.ts';
import { getColumn } from './find-table.ts';

/** Records at a time, whatever was asked for. */
const MAX_LIMIT = 10_000;

type Fields = RecordDto['fields'];

/** How many records have exactly these values. */
export async function countRecords(
  db: Queryable,
  table: RecordTable,
  filters: Fields | null | undefined,
): Promise<number> {
  return await createRecordRepository(db).count(table, readFilters(table, filters));
}

/** A page of records, at most 10,000. */
export async function listRecords(
  db: Queryable,
  table: RecordTable,
  wanted: ListRecordsPayload,
): Promise<RecordsPageDto> {
  const columns = wanted.columns?.length
    ? wanted.columns.map((name) => getColumn(table, name))
    : table.columns;
  const records = await createRecordRepository(db).list(table, {
    columns,
    filters: readFilters(table, wanted.filters),
    orderBy: (wanted.order_by ?? []).map((text) => readOrder(table, text)),
    offset: wanted.offset ?? 0,
    limit: Math.min(wanted.limit || MAX_LIMIT, MAX_LIMIT),
  });
  return {
    columns: columns.map(({ name }) => name),
    primary_key_column: table.primaryKey,
    records: records.map((record) => presentRecord(columns, record)),
  };
}

/**
 * One record as it is stored.
 *
 * @throws PlatformError `NOT_FOUND`, `BAD_REQUEST` for a key that cannot be one.
 */
export async function getRecord(db: Queryable, table: RecordTable, key: string): Promise<StoredRecord> {
  const column = primaryKeyOf(table);
  const [record] = await createRecordRepository(db).list(table, {
    columns: table.columns,
    filters: [{ column, value: readValue(column, key) }],
    orderBy: [],
    offset: 0,
    limit: 1,
  });
  if (record !== undefined) return record;
  throw recordNotFound(table, key);
}

/** All values of a record for the wire. */
export function presentRecord(columns: readonly RecordColumn[], record: StoredRecord): RecordDto {
  return {
    fields: Object.fromEntries(
      columns.map((column) => [column.name, presentValue(column, record[column.name] ?? null)]),
    ),
  };
}

/**
 * What people call some records. Empty keys are passed over; tables without titles answer nothing.
 *
 * @throws PlatformError `NOT_FOUND` when one of them does not exist.
 */
export async function nameRecords(
  db: Queryable,
  table: RecordTable,
  ids: readonly string[],
): Promise<RecordNamesDto['id_to_name']> {
  if (table.title === undefined) return {};
  const column = primaryKeyOf(table);
  const wanted = [...new Set(ids.filter((id) => id !== ''))];
  const titles = await createRecordRepository(db).listTitles(
    table,
    wanted.map((id) => readValue(column, id)),
  );
  const missing = wanted.find((id) => !titles.has(id));
  if (missing !== undefined) throw recordNotFound(table, missing);
  return Object.fromEntries(titles);
}

function recordNotFound({ className, tableName }: RecordTable, key: string): PlatformError {
  return new PlatformError('NOT_FOUND', `${className} record not found for given id`, {
    hint: `There is no "${key}" in ${tableName}; it may have been deleted.`,
  });
}

function readFilters(table: RecordTable, filters: Fields | null | undefined): RecordFilters {
  return Object.entries(filters ?? {}).map(([name, value]) => {
    const column = getColumn(table, name);
    return { column, value: readValue(column, value) };
  });
}

function readOrder(table: RecordTable, text: string): { column: RecordColumn; isDescending: boolean } {
  const isDescending = text.startsWith('-');
  const column = getColumn(table, isDescending ? text.slice(1) : text);
  if (column.kind !== 'secret') return { column, isDescending };
  throw new PlatformError('BAD_REQUEST', `records cannot be sorted by ${column.name}`, {
    hint: 'Use another column.',
  });
}
