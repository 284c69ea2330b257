import type { AuditEventRow, AuditFilter, AuditRepository } from '@racetrack-platform/db';
import { presentEntry } from './present-event.ts';
import { toCsvLine } from './to-csv-line.ts';

export type ExportFormat = 'jsonl' | 'csv';

/** Events in memory at a time. */
const BATCH_SIZE = 500;

const CSV_COLUMNS = [
  'id',
  'time',
  'event_type',
  'executor',
  'subject',
  'job_name',
  'job_version',
  'explanation',
  'address',
  'properties',
  'before',
  'after',
] as const;

/**
 * All events that match, the newest first, as the text of a file: piece by piece, so that memory does not grow with
 * the log. Events that are written meanwhile are not in it.
 */
export async function* exportEvents(
  audit: Pick<AuditRepository, 'list'>,
  filter: AuditFilter,
  format: ExportFormat,
): AsyncGenerator<string> {
  const toLine =
    format === 'csv' ? toCsv : (row: AuditEventRow) => `${JSON.stringify(presentEntry(row, true))}\n`;
  if (format === 'csv') yield toCsvLine(CSV_COLUMNS);
  let rows = await audit.list(filter, BATCH_SIZE);
  for (let last = rows.at(-1); last !== undefined; last = rows.at(-1)) {
    yield rows.map(toLine).join('');
    rows = await audit.list(filter, BATCH_SIZE, { createdAt: last.created_at, id: last.id });
  }
}

function toCsv(row: AuditEventRow): string {
  const { explanation } = presentEntry(row, false);
  const cells: Record<(typeof CSV_COLUMNS)[number], string | null> = {
    id: row.id,
    time: new Date(row.created_at).toISOString(),
    event_type: row.event_type,
    executor: row.username_executor,
    subject: row.username_subject,
    job_name: row.job_name,
    job_version: row.job_version,
    explanation,
    address: row.address,
    properties: row.properties,
    before: row.before_state,
    after: row.after_state,
  };
  return toCsvLine(CSV_COLUMNS.map((column) => cells[column] ?? ''));
}
