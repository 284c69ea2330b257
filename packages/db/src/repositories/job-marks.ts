import { sql, type RawBuilder } from 'kysely';
import type { JobRow } from './job-repository.ts';

/**
 * A job with a text that is another one whenever anything that is shown of it has changed: so that ten thousand jobs
 * need not be read, and written as JSON, for each list.
 */
export interface JobMark {
  readonly id: string;
  readonly mark: string;
}

export type MarkedJob = JobRow & JobMark;

/**
 * The mark of a row of `job`. Left out is what a job keeps for life, and the manifest, by far the longest column: it
 * changes only with the deployment or with the time of its edit.
 */
export function markOf(): RawBuilder<string> {
  const columns = ['status', 'updated_at', 'deployment_id', 'infrastructure_target', 'job_type_version'];
  const parts = [
    ...columns.map((column) => sql.ref(`job.${column}`)),
    ...['last_call_at', 'manifest_edited_at'].map(presentTime),
    ...['deployed_by', 'error', 'notice'].map(presentText),
  ];
  // In one line, so that the marks of all jobs can be read as one text.
  return sql<string>`replace(replace(concat_ws('|', ${sql.join(parts)}), '\\', '\\\\'), ${'\n'}, '\\n')`;
}

/** Of all jobs, in no particular order: a line with id and mark for each. One text is read far faster than many rows. */
export function joinedMarks(): RawBuilder<string | null> {
  return sql<string | null>`string_agg(job.id || ' ' || ${markOf()}, ${'\n'})`;
}

/** The marks in such a text. */
export function splitMarks(text: string): JobMark[] {
  if (text === '') return [];
  return text.split('\n').map((line) => {
    const end = line.indexOf(' ');
    return { id: line.slice(0, end), mark: line.slice(end + 1) };
  });
}

function presentTime(column: string): RawBuilder<string> {
  return sql`coalesce(cast(${sql.ref(`job.${column}`)} as text), '-')`;
}

/** Whatever it contains cannot be taken for its neighbours: its length comes first. */
function presentText(column: string): RawBuilder<string> {
  const text = sql.ref(`job.${column}`);
  return sql`coalesce(length(${text}) || ':' || ${text}, '-')`;
}
