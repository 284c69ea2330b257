import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { timingSafeEqual, type Hmac } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { requireRoom } from '../files/require-room.ts';
import { isAllowedPath, type BackupLink } from './allowed-paths.ts';
import {
  BACKUP_FORMAT,
  BACKUP_VERSION,
  fileEndSchema,
  fileStartSchema,
  folderSchema,
  headerSchema,
  invalidBackup,
  linkSchema,
  macSchema,
  STORE_FILE,
  wrappedKeysSchema,
  type BackupHeader,
} from './backup-format.ts';
import { readFrames, type Frame } from './frames.ts';
import { finishArtifacts, relocateContent } from './restore-artifacts.ts';
import { UnfitEntries } from './unfit-entries.ts';
import { createMac, unwrapKeys, type KeyFiles } from './wrap-keys.ts';

export interface UnpackedBackup {
  readonly header: BackupHeader;
  readonly keys: KeyFiles;
  /** Files that are there now, without the export of the store. */
  readonly files: number;
  /** What is of no use here, with the reason. */
  readonly removed: readonly string[];
}

interface UnpackOptions {
  readonly passphrase: string;
  /** Gets {@link STORE_FILE} and the folders of the data directory; nothing outside is ever written. */
  readonly folder: string;
  /** Where `builds` will be. */
  readonly builds: string;
  readonly onProgress: (bytes: number) => void;
}

/** A disk that fills up is noticed after so much at the latest. */
const ROOM_CHECK_BYTES = 64 * 1024 * 1024;

/**
 * Unpacks a backup into an empty folder. What is there is proven to be whole and unaltered when this returns; when it
 * throws, it is worth nothing.
 *
 * @throws PlatformError `BACKUP_INVALID`, `PASSPHRASE_WRONG`, `DISK_FULL`; `USAGE` when the file cannot be read.
 */
export async function unpackBackup(
  path: string,
  { passphrase, folder, builds, onProgress }: UnpackOptions,
): Promise<UnpackedBackup> {
  const frames = readFrames(decompress(path));
  const first = await next(frames);
  const header = parseHeader(first);
  const second = await next(frames);
  const wrapped = wrappedKeysSchema.safeParse(readJson(second));
  if (!wrapped.success) throw invalidBackup('its keys are damaged');
  const { keys, secrets } = await unwrapKeys(wrapped.data, passphrase, first.payload);
  const mac = createMac(secrets);
  mac.update(first.bytes).update(second.bytes);
  const place = { folder, from: header.builds ?? builds, to: builds };
  const unfit = new UnfitEntries();
  const { files, links } = await unpackFiles({ frames, mac, place, unfit, onProgress });
  return { header, keys, files, removed: await finishArtifacts(links, unfit, place) };
}

interface Unpacking {
  readonly frames: AsyncGenerator<Frame>;
  readonly mac: Hmac;
  readonly place: { readonly folder: string; readonly from: string; readonly to: string };
  readonly unfit: UnfitEntries;
  readonly onProgress: (bytes: number) => void;
}

async function unpackFiles(unpacking: Unpacking): Promise<{ files: number; links: BackupLink[] }> {
  const { frames, mac, place, unfit } = unpacking;
  const seen = new Set<string>();
  const links: BackupLink[] = [];
  let bytes = 0;
  for (;;) {
    const frame = await next(frames);
    const value = readJson(frame);
    const last = macSchema.safeParse(value);
    if (last.success) {
      assertMac(mac, last.data.mac);
      if ((await frames.next()).done !== true) throw invalidBackup('something follows its end');
      if (!seen.delete(STORE_FILE)) throw invalidBackup('it has no store');
      return { files: seen.size, links };
    }
    mac.update(frame.bytes);
    const folder = folderSchema.safeParse(value);
    if (folder.success) {
      assertSafePath(folder.data.folder, 'folder');
      await unfit.attempt(folder.data.folder, async () => await makeFolder(place.folder, folder.data));
      continue;
    }
    const link = linkSchema.safeParse(value);
    if (link.success) {
      assertSafePath(link.data.link, 'link');
      links.push({ path: link.data.link, target: link.data.target });
      continue;
    }
    const start = fileStartSchema.safeParse(value);
    if (!start.success) throw invalidBackup('it is damaged');
    const { file, mode } = start.data;
    assertSafePath(file, 'file');
    if (seen.has(file)) throw invalidBackup(`it holds ${JSON.stringify(file)} twice`);
    seen.add(file);
    bytes += await unpackFile(unpacking, { target: join(place.folder, file), name: file, mode });
    unpacking.onProgress(bytes);
  }
}

/** Folders that only artifacts have, for the accounts of jobs to pass. */
async function makeFolder(root: string, { folder, mode }: { folder: string; mode: number }): Promise<void> {
  const path = join(root, folder);
  await mkdir(path, { recursive: true, mode: 0o700 });
  // What was made read-only by a build step has to be filled all the same.
  await chmod(path, (mode & 0o755) | 0o700);
}

/** @returns its size in bytes. */
async function unpackFile(
  unpacking: Unpacking,
  { target, name, mode }: { readonly target: string; readonly name: string; readonly mode: number },
): Promise<number> {
  const file = await unpacking.unfit.attempt(name, async () => {
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    // Exclusive, so that nothing is ever written over or through a link. Nobody but the owner writes what we run.
    return await open(target, 'wx', mode & 0o755);
  });
  if (file === undefined) return await copyData(unpacking, undefined, { name, folder: dirname(target) });
  try {
    const bytes = await copyData(unpacking, file, { name, folder: dirname(target) });
    // Jobs read their artifacts under accounts of their own, whatever our umask is.
    if (name.startsWith('builds/')) await file.chmod(mode & 0o755);
    await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

async function copyData(
  { frames, mac, place }: Unpacking,
  file: FileHandle | undefined,
  { name, folder }: { readonly name: string; readonly folder: string },
): Promise<number> {
  let bytes = 0;
  let unchecked = 0;
  for (;;) {
    const frame = await next(frames);
    mac.update(frame.bytes);
    if (frame.kind === 'json') {
      const end = fileEndSchema.safeParse(readJson(frame));
      if (end.success && end.data.end === name && end.data.bytes === bytes) return bytes;
      throw invalidBackup('it is damaged');
    }
    unchecked += frame.payload.length;
    if (file !== undefined && unchecked >= ROOM_CHECK_BYTES) {
      await requireRoom(folder);
      unchecked = 0;
    }
    const isFirst = bytes === 0 && name.startsWith('builds/');
    await file?.appendFile(isFirst ? relocateContent(name, frame.payload, place) : frame.payload);
    bytes += frame.payload.length;
  }
}

/** No backup of ours holds another: not even the rest of such a file is worth anything. */
function assertSafePath(path: string, kind: 'file' | 'folder' | 'link'): void {
  if (isAllowedPath(path, kind)) return;
  throw invalidBackup(`it holds the path ${JSON.stringify(path)}, which is not allowed`);
}

function assertMac(mac: Hmac, given: string): void {
  const expected = mac.digest();
  const found = Buffer.from(given, 'base64url');
  if (found.length === expected.length && timingSafeEqual(found, expected)) return;
  throw invalidBackup('it was altered since it was written');
}

function parseHeader(frame: Frame): BackupHeader {
  const value = readJson(frame);
  const parsed = headerSchema.safeParse(value);
  if (!parsed.success) throw invalidBackup('it is no backup of Racetrack');
  const { version, productVersion } = parsed.data;
  if (version <= BACKUP_VERSION) return parsed.data;
  throw new PlatformError('BACKUP_INVALID', `the backup was written by a newer release (${productVersion})`, {
    hint: 'Restore it with that release or a newer one.',
  });
}

async function next(frames: AsyncGenerator<Frame>): Promise<Frame> {
  const { value, done } = await frames.next();
  if (done === true) throw invalidBackup('it is cut off');
  return value;
}

function readJson(frame: Frame): unknown {
  if (frame.kind !== 'json') return undefined;
  try {
    return JSON.parse(frame.payload.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function* decompress(path: string): AsyncGenerator<Buffer> {
  const source = createReadStream(path);
  const gunzip = createGunzip();
  source.once('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Buffer;
  } catch (error) {
    throw explain(path, error);
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

function explain(path: string, error: unknown): PlatformError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR') return invalidBackup('it is cut off', error);
  if (code.startsWith('Z_')) return invalidBackup(`it is damaged, or no ${BACKUP_FORMAT}`, error);
  return new PlatformError('USAGE', `the file ${path} cannot be read: ${messageOf(error)}`, {
    hint: 'Name a file that `npm start -- backup` has written.',
  });
}
