import { constants } from 'node:fs';
import { link, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import type { Hmac } from 'node:crypto';
import { createGzip, type Gzip } from 'node:zlib';
import { connectStore, createMetaRepository, exportStore, type Store } from '@racetrack-platform/db';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { assertExists, type DbContext } from '../db/db-context.ts';
import { createProgress } from '../db/show-progress.ts';
import {
  BACKUP_FOLDERS,
  BACKUP_FORMAT,
  BACKUP_VERSION,
  DATA_FRAME_BYTES,
  STORE_FILE,
} from './backup-format.ts';
import { collectKeys } from './collect-keys.ts';
import { encodeFrame } from './frames.ts';
import { createMac, wrapKeys } from './wrap-keys.ts';

export interface BackupOptions {
  readonly file: string;
  readonly passphrase: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * Writes everything that another data directory needs to become this one into one new file, for its owner alone. The
 * platform may run meanwhile. The file appears when it is whole, or not at all.
 *
 * @throws PlatformError `ALREADY_EXISTS` rather than writing over a file; `KEY_MISMATCH` when keys and store do not belong together.
 */
export async function writeBackup(context: DbContext, options: BackupOptions): Promise<void> {
  assertExists(context);
  await assertAbsent(options.file);
  const draft = `${options.file}.${process.pid}.part`;
  const store = connectStore(context.options);
  const file = await create(draft);
  try {
    const { rows, files, skipped } = await writeAll(context, options, store, file);
    await publish(draft, options.file);
    for (const path of skipped)
      context.writeErr(`left out, for it is neither a file nor a folder: ${path}\n`);
    context.writeOut(
      `Backed up ${rows} rows of ${context.place}, ${files} files of plugins and the keys to ${options.file}.\n` +
        'Keep the passphrase apart from it: both together are everything, and without the passphrase it is worthless.\n',
    );
  } finally {
    await file.close();
    await rm(draft, { force: true });
    await store.close();
  }
}

async function writeAll(
  context: DbContext,
  { passphrase, env }: BackupOptions,
  store: Store,
  file: FileHandle,
): Promise<{ rows: number; files: number; skipped: string[] }> {
  const keys = await collectKeys(context.dataDir, env, createMetaRepository(store.db));
  const header = Buffer.from(
    JSON.stringify({
      format: BACKUP_FORMAT,
      version: BACKUP_VERSION,
      productVersion: context.version,
      createdAt: new Date().toISOString(),
    }),
  );
  const { wrapped, secrets } = await wrapKeys(keys, passphrase, header);
  const writer = new FrameWriter(file, createMac(secrets));
  await writer.write('json', header);
  await writer.writeJson(wrapped);
  const rows = await writer.writeFile(STORE_FILE, 0o600, async (write) => {
    const { counts } = await exportStore(store, {
      productVersion: context.version,
      write: async (text) => await write(Buffer.from(text)),
      onProgress: createProgress(context.writeErr),
    });
    return Object.values(counts).reduce((sum, count) => sum + count, 0);
  });
  const skipped: string[] = [];
  let files = 0;
  for (const folder of BACKUP_FOLDERS) {
    for await (const path of walk(context.dataDir, folder, skipped)) {
      if (await copyFile(writer, context.dataDir, path)) files += 1;
      else skipped.push(path);
    }
  }
  await writer.finish();
  return { rows, files, skipped };
}

/** Frames on their way through gzip into a file. */
class FrameWriter {
  readonly #gzip: Gzip = createGzip();
  readonly #written: Promise<void>;
  readonly #mac: Hmac;

  constructor(file: FileHandle, mac: Hmac) {
    this.#mac = mac;
    this.#written = this.#drain(file);
    // A full disk is told by whatever waits next.
    this.#written.catch((error: unknown) => this.#gzip.destroy(error as Error));
  }

  async write(kind: 'json' | 'data', payload: Buffer): Promise<void> {
    const bytes = encodeFrame(kind, payload);
    this.#mac.update(bytes);
    if (!this.#gzip.write(bytes)) await Promise.race([once(this.#gzip, 'drain'), this.#written]);
  }

  async writeJson(value: unknown): Promise<void> {
    await this.write('json', Buffer.from(JSON.stringify(value)));
  }

  async writeFile<T>(
    path: string,
    mode: number,
    work: (write: (bytes: Buffer) => Promise<void>) => Promise<T>,
  ): Promise<T> {
    let bytes = 0;
    await this.writeJson({ file: path, mode });
    const result = await work(async (data) => {
      bytes += data.length;
      for (let start = 0; start < data.length; start += DATA_FRAME_BYTES) {
        await this.write('data', data.subarray(start, start + DATA_FRAME_BYTES));
      }
    });
    await this.writeJson({ end: path, bytes });
    return result;
  }

  /** The last frame proves all others, and is not proven itself. */
  async finish(): Promise<void> {
    const mac = this.#mac.digest('base64url');
    this.#gzip.end(encodeFrame('json', Buffer.from(JSON.stringify({ mac }))));
    await this.#written;
  }

  async #drain(file: FileHandle): Promise<void> {
    for await (const chunk of this.#gzip) await file.appendFile(chunk as Buffer);
    await file.sync();
  }
}

/** Plain files below a folder, relative to the data directory, in order; links and such are noted, never followed. */
async function* walk(dataDir: string, folder: string, skipped: string[]): AsyncGenerator<string> {
  const entries = await readdir(join(dataDir, folder), { withFileTypes: true }).catch((error: unknown) => {
    // What a plugin removes while we look is not there any more, which is no fault.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* walk(dataDir, path, skipped);
    else if (entry.isFile()) yield path;
    else skipped.push(path);
  }
}

/** @returns false when it is no plain file any more. */
async function copyFile(writer: FrameWriter, dataDir: string, path: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(join(dataDir, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP'))
      return false;
    throw error;
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) return false;
    await writer.writeFile(path, status.mode & 0o777, async (write) => {
      for await (const chunk of file.createReadStream({ autoClose: false })) await write(chunk as Buffer);
    });
    return true;
  } finally {
    await file.close();
  }
}

async function assertAbsent(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => undefined);
  await file?.close();
  if (file !== undefined) throw exists(path);
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    throw new PlatformError('USAGE', `the file ${path} cannot be made: ${messageOf(error)}`, {
      hint: 'Name a file in a folder that you may write to.',
    });
  }
}

/** Unlike a rename, a link never replaces a file. */
async function publish(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') throw exists(path);
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(async () => await folder.close());
}

function exists(path: string): PlatformError {
  return new PlatformError('ALREADY_EXISTS', `the file ${path} exists already`, {
    hint: 'Name a new file, or move that one away.',
  });
}
