import type { RecordTableDto } from '@racetrack-platform/contracts';
import { RECORD_TABLES, type RecordColumn, type RecordTable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';

/** @throws PlatformError `NOT_FOUND`. */
export function getTable(name: string): RecordTable {
  const table = RECORD_TABLES.find(({ tableName }) => tableName === name);
  if (table !== undefined) return table;
  throw new PlatformError('NOT_FOUND', `Table class not found for table name ${name}`, {
    hint: `Tables: ${RECORD_TABLES.map(({ tableName }) => tableName).join(', ')}.`,
  });
}

/** @throws PlatformError `BAD_REQUEST`, with the names that there are. */
export function getColumn({ tableName, columns }: RecordTable, name: string): RecordColumn {
  const column = columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw new PlatformError('BAD_REQUEST', `${tableName} has no column "${name}"`, {
    hint: `Columns: ${columns.map((candidate) => candidate.name).join(', ')}.`,
  });
}

/** The description of a table that editors are built from. */
export function presentTable(table: RecordTable): RecordTableDto {
  return {
    class_name: table.className,
    table_name: table.tableName,
    plural_name: table.pluralName,
    primary_key_column: table.primaryKey,
    main_columns: [...table.mainColumns],
    all_columns: table.columns.map(({ name }) => name),
    column_types: Object.fromEntries(table.columns.map(({ name, type }) => [name, type])),
    foreign_keys: { ...table.foreignKeys },
  };
}
