import fc from 'fast-check';
import { sql, type Kysely } from 'kysely';
import type { Store } from '../index.ts';
import { EXPORTED_TABLES } from '../dump/dump-tables.ts';
import { readSchema, type ColumnFacts } from '../read-schema.ts';

type Cell = string | number | null;
type Row = Record<string, Cell>;

/** Where columns refer to others, or are checked: the rows before it make the value. */
const RULES: Readonly<Record<string, (index: number, rows: ReadonlyMap<string, Row[]>) => Row>> = {
  subject: (index, rows) => {
    const kinds = [
      ['user', 'user_id', 'user'],
      ['esc', 'esc_id', 'esc'],
      ['job_family', 'family_id', 'job_family'],
    ] as const;
    const [kind, column, table] = kinds[index % 3] ?? kinds[0];
    const none = { user_id: null, esc_id: null, family_id: null };
    return { kind, ...none, [column]: idOf(rows, table, Math.floor(index / 3)) };
  },
  user: (index) => ({ number: index }),
  token: (index, rows) => ({ subject_id: idOf(rows, 'subject', index) }),
  job: (index, rows) => ({ family_id: idOf(rows, 'job_family', index) }),
  permission: (index, rows) => ({
    subject_id: idOf(rows, 'subject', index),
    family_id: null,
    job_id: idOf(rows, 'job', index),
    number: index,
  }),
  public_endpoint: (index, rows) => ({ job_id: idOf(rows, 'job', index) }),
  family_endpoint: (index, rows) => ({ family_id: idOf(rows, 'job_family', index) }),
  version_pin: (index, rows) => ({
    family_id: idOf(rows, 'job_family', index),
    job_id: idOf(rows, 'job', index),
  }),
  call_edge: (index, rows) => ({
    subject_id: idOf(rows, 'subject', index),
    family_id: idOf(rows, 'job_family', index),
  }),
  build_log: (index, rows) => ({ deployment_id: idOf(rows, 'deployment', 0), seq: index }),
  instance: (index, rows) => ({ deployment_id: idOf(rows, 'deployment', index) }),
  uid_range: (index) => ({ host_id: `host-${index}` }),
  uid_allocation: (index) => ({ host_id: 'host-0', uid: index }),
  plugin_archive_part: (index, rows) => ({ digest: idOf(rows, 'plugin_archive', 0, 'digest'), part: index }),
  plugin_package: (index, rows) => ({ digest: idOf(rows, 'plugin_archive', index, 'digest') }),
  deployment: (index) => ({ status: index === 0 ? 'in_progress' : 'done' }),
};

/** Tables whose rows the store makes itself. */
const OWN = new Set(['feed_revision']);

/** Any value of a type, with what is awkward among texts: quotes, lines, scripts, escapes. */
const TEXT = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('', '"', "'; --", '\n\r\t\\', '\u2028', '🦄', 'null', '5'),
);
const INTEGER = fc.maxSafeInteger();

/** Fills every table of an empty store with `perTable` rows that any value may stand in; the same for the same seed. */
export async function fillWithRandomRows(store: Store, perTable: number, seed: number): Promise<void> {
  await store.db.transaction().execute(async (trx) => {
    const db = trx as unknown as Kysely<unknown>;
    const schema = await readSchema(db, store.kind);
    const rows = new Map<string, Row[]>();
    let draw = seed;
    for (const { name, key } of EXPORTED_TABLES.filter((table) => !OWN.has(table.name))) {
      const columns = [...(schema.get(name) ?? [])];
      const made = Array.from({ length: perTable }, (_, index): Row => {
        const cells = columns.map(([column, facts]) => {
          draw += 1;
          return [column, drawCell(draw, index, facts, key.includes(column))] as const;
        });
        return { ...Object.fromEntries(cells), ...RULES[name]?.(index, rows) };
      });
      for (const row of made) await insert(db, name, row);
      rows.set(name, made);
    }
  });
}

/** Every text ends in the number of its row: it may have to be unique. */
function drawCell(seed: number, index: number, { type, isNullable }: ColumnFacts, isKey: boolean): Cell {
  const text: fc.Arbitrary<Cell> = TEXT.map((value) => `${value}#${index}`);
  const number: fc.Arbitrary<Cell> = isKey ? fc.constant(index) : INTEGER;
  const value = type === 'integer' ? number : text;
  return fc.sample(isNullable ? fc.option(value) : value, { numRuns: 1, seed })[0] ?? null;
}

async function insert(db: Kysely<unknown>, table: string, row: Row): Promise<void> {
  const columns = sql.join(Object.keys(row).map((column) => sql.ref(column)));
  await sql`insert into ${sql.table(table)} (${columns}) values (${sql.join(Object.values(row))})`.execute(
    db,
  );
}

function idOf(rows: ReadonlyMap<string, Row[]>, table: string, index: number, column = 'id'): Cell {
  const made = rows.get(table) ?? [];
  return made[index % made.length]?.[column] ?? null;
}
