import type { FeedKind } from '@racetrack-platform/contracts';
import type { Queryable } from '../store.ts';

export interface FeedChange {
  readonly kind: FeedKind;
  readonly id: string;
}

export interface FeedRepository {
  /** Raises the revision by one. Only inside the transaction of the changes, which waits with it for its turn. */
  takeRevision(): Promise<number>;
  /** Notes what changed at a revision that this transaction took. */
  record(revision: number, changes: readonly FeedChange[]): Promise<void>;
  currentRevision(): Promise<number>;
  /** What changed after `revision`, each record once; `undefined` when the history no longer reaches back so far. */
  findChangesSince(revision: number): Promise<{ revision: number; changes: FeedChange[] } | undefined>;
  /** Forgets all but the newest `keep` revisions. */
  prune(keep: number): Promise<void>;
}

/** Of one statement: databases limit its parameters, and all tokens may change at once. */
const MAX_ROWS = 1_000;

/** All SQL on the tables `feed_revision` and `feed_change`. */
export function createFeedRepository(db: Queryable): FeedRepository {
  async function currentRevision(): Promise<number> {
    const row = await db.selectFrom('feed_revision').select('revision').executeTakeFirstOrThrow();
    return row.revision;
  }

  return {
    currentRevision,

    async takeRevision() {
      const { revision } = await db
        .updateTable('feed_revision')
        .set((eb) => ({ revision: eb('revision', '+', 1) }))
        .returning('revision')
        .executeTakeFirstOrThrow();
      return revision;
    },

    async record(revision, changes) {
      const rows = changes.map(({ kind, id }) => ({ revision, kind, record_id: id }));
      for (let start = 0; start < rows.length; start += MAX_ROWS) {
        await db
          .insertInto('feed_change')
          .values(rows.slice(start, start + MAX_ROWS))
          .execute();
      }
    },

    async findChangesSince(revision) {
      const current = await currentRevision();
      if (revision > current) return undefined;
      const oldest = await db
        .selectFrom('feed_change')
        .select((eb) => eb.fn.min('revision').as('revision'))
        .executeTakeFirst();
      if (revision < current && (oldest?.revision ?? Infinity) > revision + 1) return undefined;
      const rows = await db
        .selectFrom('feed_change')
        .select(['kind', 'record_id'])
        .distinct()
        .where('revision', '>', revision)
        .execute();
      return {
        revision: current,
        changes: rows.map((row) => ({ kind: row.kind as FeedKind, id: row.record_id })),
      };
    },

    async prune(keep) {
      const current = await currentRevision();
      await db
        .deleteFrom('feed_change')
        .where('revision', '<=', current - keep)
        .execute();
    },
  };
}
