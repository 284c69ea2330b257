/**
 * An export is a text file, a JSON value a line: a header, rows as `["TABLE",{column: value, …}]` with the tables in
 * the order of their references, and a footer that proves the rest to be whole.
 */
export const DUMP_FORMAT = 'racetrack-store-export';
/** Raised when an older program could no longer read the lines; columns and tables are told by `migrations`. */
export const DUMP_VERSION = 1;

export interface DumpHeader {
  readonly format: typeof DUMP_FORMAT;
  readonly version: number;
  /** Of the schema, in order. */
  readonly migrations: readonly string[];
  readonly storeId: string | null;
  readonly productVersion: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface DumpFooter {
  readonly end: true;
  /** Rows by table, those without any left out. */
  readonly counts: Readonly<Record<string, number>>;
  /** SHA-256 of everything before this line, hexadecimal. */
  readonly sha256: string;
}

export type DumpValue = string | number | null;
export type DumpRow = Readonly<Record<string, DumpValue>>;

/** What was done so far, for people who wait. */
export interface DumpProgress {
  readonly table: string;
  readonly rows: number;
}
