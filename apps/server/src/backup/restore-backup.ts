import { createReadStream } from 'node:fs';
import { lstat, mkdir, open, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  connectStore,
  createMetaRepository,
  describeStore,
  importStore,
  readStoreOptions,
  readStoreState,
  settleRestored,
  type SettledJobs,
  type StoreOptions,
} from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { createProgress } from '../db/show-progress.ts';
import { acquireDataDirectoryLock } from '../lock/data-directory-lock.ts';
import { STORE_FILE } from './backup-format.ts';
import { assertKeysFit } from './collect-keys.ts';
import { relocateLaunchSpec } from './artifact-entries.ts';
import { createByteProgress } from './show-bytes.ts';
import { claimScratchDirectory, emptyScratchDirectory, removeMarker } from './scratch-directory.ts';
import { unpackBackup } from './unpack-backup.ts';
import type { KeyFiles } from './wrap-keys.ts';

export interface RestoreOptions {
  readonly file: string;
  /** Absolute; must not exist, or be empty. */
  readonly dataDir: string;
  readonly passphrase: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/**
 * Makes a data directory out of a backup. It is built aside, proven, and then renamed: there is all of it or nothing,
 * also when this process is killed. With a database on a server, that is filled last, and has to be empty.
 *
 * @throws PlatformError `ALREADY_EXISTS` when the data directory is in use, or something else is where it is to be
 *   built; those of {@link unpackBackup} and `importStore`.
 */
export async function restoreBackup(options: RestoreOptions): Promise<void> {
  const dataDir = await locate(options.dataDir);
  await assertVacant(dataDir);
  const aside = join(dirname(dataDir), `.${basename(dataDir)}.restoring`);
  await claimScratchDirectory(aside);
  const lock = await acquireDataDirectoryLock(aside);
  try {
    await emptyScratchDirectory(aside);
    const said = await build(options, dataDir, aside);
    await lock.release();
    await rm(join(aside, 'lock.takeover'), { force: true });
    await putInPlace(aside, dataDir);
    await removeMarker(dataDir);
    options.writeOut(said);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

async function build(options: RestoreOptions, dataDir: string, aside: string): Promise<string> {
  const builds = { to: join(dataDir, 'builds'), now: join(aside, 'builds') };
  const { header, keys, files, removed } = await unpackBackup(options.file, {
    passphrase: options.passphrase,
    folder: aside,
    builds: builds.to,
    onProgress: createByteProgress(options.writeErr, 'unpacked'),
  });
  for (const line of removed) options.writeErr(`of no use here: ${line}\n`);
  await writeKeys(join(aside, 'keys'), keys);
  const place = readStoreOptions(options.env, join(dataDir, 'store', 'racetrack.db'));
  const target: StoreOptions =
    place.kind === 'sqlite' ? { kind: 'sqlite', path: join(aside, 'store', 'racetrack.db') } : place;
  if (target.kind === 'sqlite') await mkdir(dirname(target.path), { mode: 0o700 });
  else await assertUnused(target);
  const export_ = join(aside, STORE_FILE);
  const chunks: AsyncIterable<Buffer> = createReadStream(export_);
  const { rows } = await importStore(target, { chunks, onProgress: createProgress(options.writeErr) });
  await rm(export_);
  const settled = await settle(target, aside, { ...builds, from: header.builds }, header.createdAt);
  return (
    `Restored ${rows} rows, ${files} files and the keys of ${header.createdAt} ` +
    `(Racetrack ${header.productVersion}) into ${dataDir}; the store is ${describeStore(place)}.\n${present(settled)}`
  );
}

async function settle(
  target: StoreOptions,
  aside: string,
  { from, to, now }: { readonly from: string | undefined; readonly to: string; readonly now: string },
  createdAt: string,
): Promise<SettledJobs> {
  const store = connectStore(target);
  try {
    await assertKeysFit({ dataDir: aside }, createMetaRepository(store.db));
    const relocate = (spec: string) =>
      from === undefined ? undefined : relocateLaunchSpec(spec, { from, to, now });
    return await settleRestored(store, { createdAt, nowMs: Date.now(), relocate });
  } finally {
    await store.close();
  }
}

function present({ relaunching, rebuilding, lost }: SettledJobs): string {
  const lines = [];
  if (relaunching.length > 0) {
    lines.push(`${relaunching.length} jobs start from what was built of them, at the next start.\n`);
  }
  if (rebuilding.length > 0) {
    lines.push(`${rebuilding.length} jobs are built again from their recorded commits at the next start.\n`);
  }
  if (lost.length > 0) {
    lines.push(
      `These were deployed from uploaded files, which this backup does not hold; deploy them again: ${lost.join(', ')}\n`,
    );
  }
  return lines.join('');
}

async function writeKeys(folder: string, keys: KeyFiles): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const [name, key] of Object.entries(keys)) {
    await writeFile(join(folder, name), `${key.trim()}\n`, { flag: 'wx', mode: 0o600, flush: true });
  }
}

/** Nothing but their heartbeats tells of control processes on other machines. */
async function assertUnused(target: StoreOptions): Promise<void> {
  const store = connectStore(target);
  try {
    const { replicas, tables } = await readStoreState(store, Date.now());
    const isEmpty = tables.every(
      ({ name, rows }) => rows === 0 || name === 'meta' || name === 'feed_revision',
    );
    if (replicas.length === 0 && isEmpty) return;
  } finally {
    await store.close();
  }
  throw new PlatformError('STORE_NOT_EMPTY', `${describeStore(target)} has data already, or is in use`, {
    hint: 'Restore into a new database: set DATABASE_URL to it, or leave it out for SQLite in the data directory.',
  });
}

/** With links resolved as far as there is anything. */
async function locate(dataDir: string): Promise<string> {
  const parent = dirname(resolve(dataDir));
  try {
    return join(await realpath(parent), basename(dataDir));
  } catch (error) {
    throw new PlatformError('USAGE', `there is no folder ${parent} to restore into`, {
      hint: 'Make it, or choose another place with --data-dir.',
      cause: error,
    });
  }
}

async function assertVacant(dataDir: string): Promise<void> {
  const status = await lstat(dataDir).catch(() => undefined);
  if (status === undefined) return;
  if (status.isDirectory() && (await readdir(dataDir)).length === 0) return;
  throw new PlatformError('ALREADY_EXISTS', `the data directory ${dataDir} is not empty`, {
    hint: 'Choose a new one with --data-dir, or move that one away.',
  });
}

async function putInPlace(aside: string, dataDir: string): Promise<void> {
  try {
    // Replaces an empty folder, and no other.
    await rename(aside, dataDir);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw new PlatformError('DATA_DIR_UNUSABLE', `the data directory cannot be put at ${dataDir} (${code})`, {
      hint: 'Where it is a mount point of its own, restore into a new folder below it: --data-dir FOLDER/racetrack.',
      cause,
    });
  }
  const parent = await open(dirname(dataDir), 'r');
  await parent.sync().finally(async () => await parent.close());
}
