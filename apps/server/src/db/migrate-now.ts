import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { connectStore, migrateStore } from '@racetrack-platform/db';
import { withoutServer, type DbContext } from './db-context.ts';

/** Brings the schema up to date, and makes the store when there is none. */
export async function migrateNow(context: DbContext): Promise<void> {
  const { options, place, writeOut } = context;
  const applied = await withoutServer(context, async () => {
    if (options.kind === 'sqlite') await mkdir(dirname(options.path), { recursive: true, mode: 0o700 });
    const store = connectStore(options);
    try {
      return await migrateStore(store);
    } finally {
      await store.close();
    }
  });
  const done = applied.map((name) => `Applied ${name}\n`).join('');
  writeOut(`${place}\n${done === '' ? 'The schema is up to date already.\n' : done}`);
}
