import { createReadStream } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { connectStore, importStore, readStoreState, type InstanceHost } from '@racetrack-platform/db';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { readHostId } from '../files/read-host-id.ts';
import { withoutServer, type DbContext } from './db-context.ts';
import { createProgress } from './show-progress.ts';

/** Fills an empty store with an export: all of it or nothing. */
export async function importFromFile(context: DbContext, path: string): Promise<void> {
  const { options, place, dataDir, writeOut, writeErr } = context;
  await assertReadable(path);
  const { header, rows, hosts } = await withoutServer(context, async () => {
    if (options.kind === 'sqlite') await mkdir(dirname(options.path), { recursive: true, mode: 0o700 });
    else await assertUnused(context);
    const chunks: AsyncIterable<Buffer> = createReadStream(path);
    return await importStore(options, { chunks, onProgress: createProgress(writeErr) });
  });
  writeOut(
    `Imported ${rows} rows of ${header.createdAt} (Racetrack ${header.productVersion}) into ${place}.\n` +
      `Start with the keys of the exported store in ${dataDir}/keys: without them its secrets cannot be opened.\n`,
  );
  writeOut(presentHosts(hosts, await readHostId(dataDir)));
}

/** Instances belong to the directory that they were started in: no other control process touches them. */
function presentHosts(hosts: readonly InstanceHost[], ownId: string | undefined): string {
  return hosts
    .filter(({ id }) => id !== ownId)
    .map(
      ({ id, instances }) =>
        `${instances} job instances belong to another data directory, with the host id ${id}. If this one replaces it, put its host-id, keys/ and builds/ here before the start: without them those jobs stay down.\n`,
    )
    .join('');
}

async function assertReadable(path: string): Promise<void> {
  try {
    await access(path);
  } catch (error) {
    throw new PlatformError('USAGE', `the file ${path} cannot be read: ${messageOf(error)}`, {
      hint: 'Name a file that `npm start -- db export` has written.',
    });
  }
}

/** Nothing but their heartbeats tells of control processes on other machines. */
async function assertUnused({ options, place }: DbContext): Promise<void> {
  const store = connectStore(options);
  try {
    const { replicas } = await readStoreState(store, Date.now());
    if (replicas.length === 0) return;
    const names = replicas.map(({ hostname, pid }) => `process ${pid} on ${hostname}`).join(', ');
    throw new PlatformError('STORE_NOT_EMPTY', `${place} is in use by ${names}`, {
      hint: 'Stop them, and import into a new database.',
    });
  } finally {
    await store.close();
  }
}
