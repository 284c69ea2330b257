import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createMetaRepository, type MetaRepository, type Store } from '@racetrack-platform/db';
import type { Config } from './config.ts';
import { openHostId } from './replicas/host-id.ts';
import { openStoreWhenThere } from './store/open-when-there.ts';

/** Where everything lies below the data directory; documented in docs/reference/data-directory.md. */
export function layOut(dataDir: string) {
  return {
    builds: join(dataDir, 'builds'),
    uploads: join(dataDir, 'uploads'),
    plugins: join(dataDir, 'plugins'),
    instances: join(dataDir, 'instances'),
    sockets: join(dataDir, 'run', 'i'),
    jobData: join(dataDir, 'job-data'),
  };
}

export type Layout = ReturnType<typeof layOut>;

/** The data directory and the store, made when missing. */
export interface OpenedStore {
  readonly layout: Layout;
  /** Identity of this data directory. */
  readonly hostId: string;
  readonly store: Store;
  readonly meta: MetaRepository;
  /** Identity of this store; a pub never mixes the feeds of two. */
  readonly storeId: string;
}

/**
 * Makes the directories and opens the store. The launcher's lock sees to it that we are the only ones here; a store on
 * a server may have others.
 *
 * @param notice - tells the user when the store has to be waited for.
 */
export async function openDataDir(
  { dataDir, store: options }: Pick<Config, 'dataDir' | 'store'>,
  notice: (text: string) => void,
): Promise<OpenedStore> {
  const layout = layOut(dataDir);
  for (const directory of [join(dataDir, 'store'), ...Object.values(layout)]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  }
  const hostId = await openHostId(dataDir);
  const store = await openStoreWhenThere(options, notice);
  try {
    const meta = createMetaRepository(store.db);
    return { layout, hostId, store, meta, storeId: await ensureStoreId(meta) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Whoever comes first makes it; everybody reads the same. */
async function ensureStoreId(meta: MetaRepository): Promise<string> {
  await meta.insertOnce('store_id', randomUUID());
  const id = await meta.find('store_id');
  if (id === undefined) throw new Error('the store did not keep its id');
  return id;
}
