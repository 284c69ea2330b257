/** Which database a store lies in. */
export type StoreKind = 'sqlite' | 'postgres';

interface SchemaWriter {
  /** Turns a column clause, such as `name text not null`, into the words of this database. */
  readonly column: (clause: string) => string;
  /** What follows the closing bracket of `create table`. */
  readonly tableSuffix: string;
}

/** Where the two databases want the same schema in other words. */
export const SCHEMA_WRITERS: Readonly<Record<StoreKind, SchemaWriter>> = {
  // STRICT: SQLite then refuses a value of the wrong type instead of storing it.
  sqlite: { column: (clause) => clause, tableSuffix: 'strict' },
  // SQLite's integers have 64 bits and its texts compare by bytes, whatever the locale of the server says.
  postgres: {
    column: (clause) =>
      clause.replace(/^(\w+) integer\b/, '$1 bigint').replace(/^(\w+) text\b/, '$1 text collate "C"'),
    tableSuffix: '',
  },
};
