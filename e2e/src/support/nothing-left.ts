import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { waitUntil } from '@racetrack-platform/testing';
import { findProcesses } from './processes.ts';
import type { Platform } from './platform.ts';

/** Everything that a deployment may leave on a platform. */
export interface Belongings {
  readonly jobs: readonly string[];
  readonly families: readonly string[];
  readonly subjects: readonly string[];
  readonly instances: readonly string[];
  /** By folder of the data directory. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  /** Processes of the platform and its jobs. */
  readonly pids: readonly number[];
}

/** Folders whose content must be the same again; caches may grow, but hold nothing half-built. */
const FOLDERS = ['uploads', 'instances', 'run/i', 'builds/workspaces'];
const ENTRY_FOLDERS = ['builds/sources', 'builds/environments', 'builds/artifacts'];
const COMPLETION_MARK = 'complete.json';

/**
 * Notes what a platform has, to be compared with {@link expectNothingLeft} after something that should leave no trace.
 * Works on SQLite, and on Linux.
 */
export async function listBelongings(platform: Platform): Promise<Belongings> {
  const path = join(platform.dataDir, 'store', 'racetrack.db');
  using store = new DatabaseSync(path, { readOnly: true });
  const column = (sql: string): string[] =>
    store
      .prepare(sql)
      .all()
      .map((row) => String(Object.values(row)[0]));
  const files: Record<string, string[]> = {};
  for (const folder of FOLDERS) files[folder] = await list(join(platform.dataDir, folder));
  for (const folder of ENTRY_FOLDERS)
    files[`${folder}, half-built`] = await listHalfBuilt(join(platform.dataDir, folder));
  return {
    jobs: column("select name || ' ' || version from job order by 1"),
    families: column('select name from job_family order by 1'),
    subjects: column('select id from subject order by 1'),
    instances: column('select id from instance order by 1'),
    files,
    pids: (await findProcesses(platform.dataDir)).map(({ pid }) => pid).sort((a, b) => a - b),
  };
}

/**
 * Waits until a platform has what it had before, and not more.
 *
 * @throws an error that shows both, when it does not come to that.
 */
export async function expectNothingLeft(platform: Platform, before: Belongings): Promise<void> {
  let now = before;
  try {
    await waitUntil('nothing left behind', async () => {
      const found = await listBelongings(platform);
      // What was ending when the first look was taken may be gone: processes, and uploads that were read.
      now = {
        ...found,
        pids: found.pids.filter((pid) => !before.pids.includes(pid)),
        files: { ...found.files, uploads: without(found.files['uploads'], before.files['uploads']) },
      };
      return isDeepStrictEqual(now, { ...before, pids: [], files: { ...before.files, uploads: [] } });
    });
  } catch (cause) {
    throw new Error(`left behind: ${JSON.stringify(now)}, before: ${JSON.stringify(before)}`, { cause });
  }
}

function without(names: readonly string[] = [], known: readonly string[] = []): string[] {
  return names.filter((name) => !known.includes(name));
}

async function list(folder: string): Promise<string[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  return names.sort();
}

async function listHalfBuilt(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await list(folder)) {
    if (!(await list(join(folder, name))).includes(COMPLETION_MARK)) found.push(name);
  }
  return found;
}
