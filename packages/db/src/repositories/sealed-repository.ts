import { sql } from 'kysely';
import type { Queryable } from '../store.ts';

/** Where sealed texts are kept; the word before the row's id in what a text is bound to. */
export const SEALED_COLUMNS = ['token', 'deployment', 'plugin_config'] as const;
export type SealedColumn = (typeof SEALED_COLUMNS)[number];

export interface SealedRow {
  /** Of a plugin's configuration: the plugin's name. */
  readonly id: string;
  readonly sealed: string;
}

export interface SealedRepository {
  /** Rows with a sealed text in order of their ids, those after `afterId` only: for walking through all of them. */
  list(column: SealedColumn, afterId: string, limit: number): Promise<SealedRow[]>;
  replace(column: SealedColumn, row: SealedRow): Promise<void>;
}

const PLACES = {
  token: { id: 'id', sealed: 'sealed' },
  deployment: { id: 'id', sealed: 'sealed_secrets' },
  plugin_config: { id: 'name', sealed: 'sealed' },
} as const satisfies Record<SealedColumn, { readonly id: string; readonly sealed: string }>;

/** All SQL that looks at sealed texts without opening them, for changing the key. */
export function createSealedRepository(db: Queryable): SealedRepository {
  return {
    async list(table, afterId, limit) {
      const { id, sealed } = PLACES[table];
      const { rows } = await sql<SealedRow>`select ${sql.ref(id)} as id, ${sql.ref(sealed)} as sealed
        from ${sql.table(table)} where ${sql.ref(sealed)} is not null and ${sql.ref(id)} > ${afterId}
        order by ${sql.ref(id)} limit ${limit}`.execute(db);
      return rows;
    },

    async replace(table, row) {
      const { id, sealed } = PLACES[table];
      await sql`update ${sql.table(table)} set ${sql.ref(sealed)} = ${row.sealed}
        where ${sql.ref(id)} = ${row.id}`.execute(db);
    },
  };
}
