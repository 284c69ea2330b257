import type { RecordDto } from '@racetrack-platform/contracts';
import type { Queryable, RecordTable } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { getColumn } from './find-table.ts';
import { getRecord, presentRecord } from './read-records.ts';
import type { Fields, RecordEditor, RecordWriter } from './record-writer.ts';

export interface ChangeRecordsContext {
  readonly db: Queryable;
  readonly writers: ReadonlyMap<string, RecordWriter>;
}

/** Makes a record and answers it. Fields that are empty count as left out: forms send all they have. */
export async function createRecord(
  { db, writers }: ChangeRecordsContext,
  table: RecordTable,
  fields: Fields,
  editor: RecordEditor,
): Promise<RecordDto> {
  const create = requireOperation(writers, table, 'create');
  const key = await create(
    selectFields(table, fields, (_name, value) => value !== null && value !== ''),
    editor,
  );
  return presentRecord(table.columns, await getRecord(db, table, key));
}

/** Changes what differs from the record as it is shown, so that a form may send back what it was given. */
export async function updateRecord(
  { db, writers }: ChangeRecordsContext,
  table: RecordTable,
  key: string,
  fields: Fields,
  editor: RecordEditor,
): Promise<void> {
  const record = await getRecord(db, table, key);
  const { fields: shown } = presentRecord(table.columns, record);
  const changed = selectFields(
    table,
    fields,
    (name, value) => name !== table.primaryKey && value !== shown[name],
  );
  if (Object.keys(changed).length === 0) return;
  await requireOperation(writers, table, 'update')(record, changed, editor);
}

export async function deleteRecord(
  { db, writers }: ChangeRecordsContext,
  table: RecordTable,
  key: string,
  editor: RecordEditor,
): Promise<void> {
  const record = await getRecord(db, table, key);
  await requireOperation(writers, table, 'delete')(record, editor);
}

const DONE: Record<'create' | 'update' | 'delete', string> = {
  create: 'made',
  update: 'changed',
  delete: 'deleted',
};

function requireOperation<Name extends keyof typeof DONE>(
  writers: ReadonlyMap<string, RecordWriter>,
  { tableName }: RecordTable,
  name: Name,
): NonNullable<RecordWriter[Name]> {
  const writer = writers.get(tableName);
  const operation = writer?.[name];
  if (operation !== undefined) return operation;
  throw new PlatformError('BAD_REQUEST', `records of ${tableName} cannot be ${DONE[name]} here`, {
    hint: writer?.hint ?? 'Use the operation of the platform that does the same.',
  });
}

/** @throws PlatformError `BAD_REQUEST` for a column that the table does not have. */
function selectFields(
  table: RecordTable,
  fields: Fields,
  isWanted: (name: string, value: Fields[string] | undefined) => boolean,
): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => isWanted(getColumn(table, name).name, value)),
  );
}
