import { randomInt } from 'node:crypto';
import type { Selectable } from 'kysely';
import { PlatformError } from '@racetrack-platform/errors';
import type { UidAllocationTable, UidRangeTable } from '../database.ts';
import type { Queryable } from '../store.ts';

export type UidRangeRow = Selectable<UidRangeTable>;
export type UidAllocationRow = Selectable<UidAllocationTable>;

/** Numbers in one host's block. */
export const UID_RANGE_SIZE = 16_384;
/** The upper part of what systemd's "UIDS-GIDS" lists as unused: far from people, services and containers. */
const LOWEST_UID = 1_879_048_192;
const HIGHEST_UID = 2_147_483_647;
/** More than enough to miss the blocks of every other host: there is room for 16,384 blocks. */
const MAX_PICKS = 100;

/** Every method but `list` inside a store transaction: they read, and write what follows from it. */
export interface UidRepository {
  /**
   * The block of a host, made when it has none and then never changed.
   *
   * @param pickFirst - answers the first uid of a new block; asked again while that overlaps another host's.
   */
  ensureRange(hostId: string, pickFirst?: () => number): Promise<UidRangeRow>;
  /**
   * The uid of a job version on a host: the one it has, or the next free one, so that a number is reused late.
   *
   * @throws PlatformError `UID_RANGE_EXHAUSTED` when the host has no block, or all its numbers are taken.
   */
  allocate(hostId: string, jobName: string, jobVersion: string): Promise<number>;
  release(hostId: string, jobName: string, jobVersion: string): Promise<void>;
  /** In the order of the numbers. */
  list(hostId: string): Promise<UidAllocationRow[]>;
}

/** All SQL on the tables `uid_range` and `uid_allocation`. */
export function createUidRepository(db: Queryable): UidRepository {
  async function findRange(hostId: string): Promise<UidRangeRow | undefined> {
    return await db.selectFrom('uid_range').selectAll().where('host_id', '=', hostId).executeTakeFirst();
  }

  async function list(hostId: string): Promise<UidAllocationRow[]> {
    return await db
      .selectFrom('uid_allocation')
      .selectAll()
      .where('host_id', '=', hostId)
      .orderBy('uid')
      .execute();
  }

  return {
    list,

    async ensureRange(hostId, pickFirst = pickAtRandom) {
      const known = await findRange(hostId);
      if (known) return known;
      const first = await pickFree(db, pickFirst);
      const range = { host_id: hostId, first_uid: first, size: UID_RANGE_SIZE, next_uid: first };
      await db.insertInto('uid_range').values(range).execute();
      return range;
    },

    async allocate(hostId, jobName, jobVersion) {
      const taken = await list(hostId);
      const own = taken.find((row) => row.job_name === jobName && row.job_version === jobVersion);
      if (own) return own.uid;
      const range = await findRange(hostId);
      const uid = range && findFree(range, new Set(taken.map((row) => row.uid)));
      if (range === undefined || uid === undefined) throw exhausted(taken.length);
      await db
        .insertInto('uid_allocation')
        .values({ host_id: hostId, uid, job_name: jobName, job_version: jobVersion, created_at: Date.now() })
        .execute();
      await db
        .updateTable('uid_range')
        .set({ next_uid: uid + 1 })
        .where('host_id', '=', hostId)
        .execute();
      return uid;
    },

    async release(hostId, jobName, jobVersion) {
      await db
        .deleteFrom('uid_allocation')
        .where('host_id', '=', hostId)
        .where('job_name', '=', jobName)
        .where('job_version', '=', jobVersion)
        .execute();
    },
  };
}

function pickAtRandom(): number {
  const blocks = Math.floor((HIGHEST_UID - LOWEST_UID + 1) / UID_RANGE_SIZE);
  return LOWEST_UID + randomInt(blocks) * UID_RANGE_SIZE;
}

async function pickFree(db: Queryable, pickFirst: () => number): Promise<number> {
  const others = await db.selectFrom('uid_range').select(['first_uid', 'size']).execute();
  for (let pick = 0; pick < MAX_PICKS; pick += 1) {
    const first = pickFirst();
    const isFree = others.every(
      (other) => first + UID_RANGE_SIZE <= other.first_uid || first >= other.first_uid + other.size,
    );
    if (isFree) return first;
  }
  throw exhausted(0);
}

function findFree(
  { first_uid, size, next_uid }: UidRangeRow,
  taken: ReadonlySet<number>,
): number | undefined {
  for (let step = 0; step < size; step += 1) {
    const uid = first_uid + ((next_uid - first_uid + step) % size);
    if (!taken.has(uid)) return uid;
  }
  return undefined;
}

function exhausted(taken: number): PlatformError {
  return new PlatformError(
    'UID_RANGE_EXHAUSTED',
    `no user id is left for another job (${taken} are in use)`,
    {
      hint: 'Delete jobs that are not needed any more.',
    },
  );
}
