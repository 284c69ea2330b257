import type { OriginalDatabase, Store, StoreTransaction } from '@racetrack-platform/db';
import type { z } from 'zod';
import type { Sealer } from '../keys/sealer.ts';
import type { ImportReport, Outcome } from './import-report.ts';
import { originalRows } from './original-rows.ts';

/** What an import works with. */
export interface ImportDeps {
  readonly original: OriginalDatabase;
  readonly store: Store;
  readonly sealer: Sealer;
  /** The key of this server: only tokens signed with it work here. */
  readonly authKey: string;
  /** Where jobs are to be deployed here. */
  readonly target: string;
  readonly nowMs: number;
}

/** The import while it goes on: ids of the original's rows, by what they became here. */
export interface ImportRun extends ImportDeps {
  readonly report: ImportReport;
  readonly users: Map<number, { readonly id: string; readonly username: string }>;
  readonly escs: Set<string>;
  readonly families: Map<string, { readonly id: string; readonly name: string }>;
  readonly subjects: Map<
    string,
    { readonly id: string; readonly kind: 'user' | 'esc' | 'job_family'; readonly claim: string }
  >;
  readonly jobs: Map<string, { readonly id: string; readonly name: string }>;
}

/** Rows of one transaction. */
const BATCH_ROWS = 200;

type Kind = keyof typeof originalRows;

/**
 * Takes over one table, row by row; a row that is not as it should be is left out and told.
 *
 * @param table - its name there, without the prefix that most have.
 * @param take - stores one row, and says what became of it.
 */
export async function importTable<K extends Kind>(
  run: ImportRun,
  source: { readonly kind: K; readonly table: string; readonly key: string; readonly label: string },
  nameRow: (row: z.infer<(typeof originalRows)[K]>) => string,
  take: (trx: StoreTransaction, row: z.infer<(typeof originalRows)[K]>) => Promise<Outcome>,
): Promise<void> {
  const schema: z.ZodType<z.infer<(typeof originalRows)[K]>> = originalRows[source.kind] as never;
  const count = (outcome: Outcome, name: string): void => run.report.count(source.label, outcome, name);
  let batch: z.infer<(typeof originalRows)[K]>[] = [];
  const flush = async (): Promise<void> => {
    const rows = batch;
    batch = [];
    const { result } = await run.store.transaction(async (trx) => {
      const outcomes: Outcome[] = [];
      for (const row of rows) outcomes.push(await take(trx, row));
      return outcomes;
    });
    for (const [index, outcome] of result.entries()) {
      const row = rows[index];
      if (row !== undefined) count(outcome, nameRow(row));
    }
  };
  for await (const value of run.original.read(source.table, source.key)) {
    const parsed = schema.safeParse(value);
    if (!parsed.success || hasNul(value))
      count({ skipped: 'the row cannot be read' }, identify(value, source.key));
    else if (batch.push(parsed.data) >= BATCH_ROWS) await flush();
  }
  if (batch.length > 0) await flush();
}

/** No store of ours holds it, and no name has it. */
function hasNul(value: unknown): boolean {
  return JSON.stringify(value).includes('\\u0000');
}

function identify(value: unknown, key: string): string {
  const id = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '?';
}
