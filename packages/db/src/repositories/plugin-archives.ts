import { PlatformError } from '@racetrack-platform/errors';
import type { Queryable } from '../store.ts';
import type { PluginRepository } from './plugin-repository.ts';

/**
 * Bytes of one part at most: what is read, written, exported and imported at once. As base64 it is some 700 kB of text,
 * which both databases and an export hold as they are.
 */
const MAX_PART_BYTES = 512 * 1024;

type PluginArchives = Pick<
  PluginRepository,
  'hasArchive' | 'putArchivePart' | 'completeArchive' | 'readArchive' | 'removeUnusedArchives'
>;

/** All SQL on the tables `plugin_archive` and `plugin_archive_part`. */
export function createPluginArchives(db: Queryable): PluginArchives {
  return {
    async hasArchive(digest) {
      return (await findSize(db, digest)) !== undefined;
    },

    async putArchivePart(digest, part, data, now) {
      if (data.length > MAX_PART_BYTES) throw new RangeError(`a part of an archive has ${data.length} bytes`);
      await db
        .insertInto('plugin_archive')
        .values({ digest, size_bytes: null, arrived_at: now })
        .onConflict((conflict) => conflict.column('digest').doUpdateSet({ arrived_at: now }))
        .execute();
      const content = { size_bytes: data.length, data: Buffer.from(data).toString('base64') };
      await db
        .insertInto('plugin_archive_part')
        .values({ digest, part, ...content })
        .onConflict((conflict) => conflict.columns(['digest', 'part']).doUpdateSet(content))
        .execute();
    },

    async completeArchive(digest, sizeBytes) {
      const parts = await db
        .selectFrom('plugin_archive_part')
        .select(['part', 'size_bytes'])
        .where('digest', '=', digest)
        .orderBy('part')
        .execute();
      const stored = parts.reduce((sum, row) => sum + row.size_bytes, 0);
      if (stored !== sizeBytes || parts.some(({ part }, index) => part !== index)) throw notWhole(digest);
      await db
        .updateTable('plugin_archive')
        .set({ size_bytes: sizeBytes })
        .where('digest', '=', digest)
        .execute();
    },

    async *readArchive(digest) {
      const size = await findSize(db, digest);
      if (size === undefined) throw notWhole(digest);
      for (let part = 0, bytes = 0; bytes !== size; part += 1) {
        const row = await db
          .selectFrom('plugin_archive_part')
          .select(['data', 'size_bytes'])
          .where('digest', '=', digest)
          .where('part', '=', part)
          .executeTakeFirst();
        // Removed meanwhile: what was handed out must not be taken for all of it.
        if (row === undefined) throw notWhole(digest);
        bytes += row.size_bytes;
        yield Buffer.from(row.data, 'base64');
      }
    },

    async removeUnusedArchives(before) {
      const removed = await db
        .deleteFrom('plugin_archive')
        .where((eb) => eb.or([eb('arrived_at', 'is', null), eb('arrived_at', '<', before)]))
        .where('digest', 'not in', (eb) => eb.selectFrom('plugin_package').select('digest'))
        .returning('digest')
        .execute();
      return removed.length;
    },
  };
}

/**
 * Makes an archive one that a plugin refers to: from now on it goes when no plugin does any more.
 *
 * @throws PlatformError `PLUGIN_UNAVAILABLE` when it is not there, or not whole.
 */
export async function claimArchive(db: Queryable, digest: string): Promise<void> {
  const claimed = await db
    .updateTable('plugin_archive')
    .set({ arrived_at: null })
    .where('digest', '=', digest)
    .where('size_bytes', 'is not', null)
    .returning('digest')
    .executeTakeFirst();
  if (claimed === undefined) throw notWhole(digest);
}

/** @returns bytes of a whole archive. */
async function findSize(db: Queryable, digest: string): Promise<number | undefined> {
  const row = await db
    .selectFrom('plugin_archive')
    .select('size_bytes')
    .where('digest', '=', digest)
    .executeTakeFirst();
  return row?.size_bytes ?? undefined;
}

function notWhole(digest: string): PlatformError {
  return new PlatformError(
    'PLUGIN_UNAVAILABLE',
    `the store does not hold the whole plugin archive ${digest}`,
    {
      hint: 'Install the plugin again; an administrator may do that.',
    },
  );
}
