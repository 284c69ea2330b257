import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createMetaRepository,
  openSqliteStore,
  type MetaRepository,
  type Store,
} from '@racetrack-platform/db';

/** Where everything lies below the data directory; documented in docs/reference/data-directory.md. */
export function layOut(dataDir: string) {
  return {
    store: join(dataDir, 'store', 'racetrack.db'),
    builds: join(dataDir, 'builds'),
    uploads: join(dataDir, 'uploads'),
    plugins: join(dataDir, 'plugins'),
    instances: join(dataDir, 'instances'),
    sockets: join(dataDir, 'run', 'i'),
  };
}

export type Layout = ReturnType<typeof layOut>;

/** The store, made when missing. */
export interface OpenedStore {
  readonly layout: Layout;
  readonly store: Store;
  readonly meta: MetaRepository;
  /** Identity of this store; a pub never mixes the feeds of two. */
  readonly storeId: string;
}

/** Makes the directories and opens the store. The launcher's lock sees to it that we are the only ones. */
export async function openDataDir(dataDir: string): Promise<OpenedStore> {
  const layout = layOut(dataDir);
  const directories = [
    join(dataDir, 'store'),
    layout.builds,
    layout.uploads,
    layout.plugins,
    layout.instances,
    layout.sockets,
  ];
  for (const directory of directories) await mkdir(directory, { recursive: true, mode: 0o700 });
  const store = await openSqliteStore(layout.store);
  const meta = createMetaRepository(store.db);
  return { layout, store, meta, storeId: await ensureStoreId(meta) };
}

async function ensureStoreId(meta: MetaRepository): Promise<string> {
  await meta.insertOnce('store_id', randomUUID());
  const id = await meta.find('store_id');
  if (id === undefined) throw new Error('the store did not keep its id');
  return id;
}
