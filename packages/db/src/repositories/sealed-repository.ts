import type { Queryable } from '../store.ts';

/** Where sealed texts are kept; the word before the row's id in what a text is bound to. */
export const SEALED_COLUMNS = ['token', 'deployment'] as const;
export type SealedColumn = (typeof SEALED_COLUMNS)[number];

export interface SealedRow {
  readonly id: string;
  readonly sealed: string;
}

export interface SealedRepository {
  /** Rows with a sealed text in order of their ids, those after `afterId` only: for walking through all of them. */
  list(column: SealedColumn, afterId: string, limit: number): Promise<SealedRow[]>;
  replace(column: SealedColumn, row: SealedRow): Promise<void>;
}

/** All SQL that looks at sealed texts without opening them, for changing the key. */
export function createSealedRepository(db: Queryable): SealedRepository {
  return {
    async list(column, afterId, limit) {
      if (column === 'token') {
        const tokens = db.selectFrom('token').select(['id', 'sealed']);
        return await tokens.where('id', '>', afterId).orderBy('id').limit(limit).execute();
      }
      return await db
        .selectFrom('deployment')
        .select(['id', 'sealed_secrets as sealed'])
        .where('sealed_secrets', 'is not', null)
        .where('id', '>', afterId)
        .orderBy('id')
        .limit(limit)
        .$narrowType<{ sealed: string }>()
        .execute();
    },

    async replace(column, { id, sealed }) {
      await (column === 'token'
        ? db.updateTable('token').set({ sealed }).where('id', '=', id).execute()
        : db.updateTable('deployment').set({ sealed_secrets: sealed }).where('id', '=', id).execute());
    },
  };
}
