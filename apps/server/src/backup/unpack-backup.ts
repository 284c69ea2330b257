import { createReadStream } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { timingSafeEqual, type Hmac } from 'node:crypto';
import { createGunzip } from 'node:zlib';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { requireRoom } from '../files/require-room.ts';
import {
  BACKUP_FOLDERS,
  BACKUP_FORMAT,
  BACKUP_VERSION,
  fileEndSchema,
  fileStartSchema,
  headerSchema,
  invalidBackup,
  macSchema,
  STORE_FILE,
  wrappedKeysSchema,
  type BackupHeader,
} from './backup-format.ts';
import { readFrames, type Frame } from './frames.ts';
import { createMac, unwrapKeys, type KeyFiles } from './wrap-keys.ts';

export interface UnpackedBackup {
  readonly header: BackupHeader;
  readonly keys: KeyFiles;
  /** Files that are there now, without the export of the store. */
  readonly files: number;
}

/** A disk that fills up is noticed after so much at the latest. */
const ROOM_CHECK_BYTES = 64 * 1024 * 1024;

/**
 * Unpacks a backup into an empty folder. What is there is proven to be whole and unaltered when this returns; when it
 * throws, it is worth nothing.
 *
 * @param folder - gets {@link STORE_FILE} and the folders of the data directory; nothing outside is ever written.
 * @throws PlatformError `BACKUP_INVALID`, `PASSPHRASE_WRONG`, `DISK_FULL`; `USAGE` when the file cannot be read.
 */
export async function unpackBackup(
  path: string,
  passphrase: string,
  folder: string,
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
  const files = await unpackFiles(frames, mac, folder);
  return { header, keys, files };
}

async function unpackFiles(frames: AsyncGenerator<Frame>, mac: Hmac, folder: string): Promise<number> {
  const seen = new Set<string>();
  for (;;) {
    const frame = await next(frames);
    const value = readJson(frame);
    const last = macSchema.safeParse(value);
    if (last.success) {
      assertMac(mac, last.data.mac);
      if ((await frames.next()).done !== true) throw invalidBackup('something follows its end');
      if (!seen.delete(STORE_FILE)) throw invalidBackup('it has no store');
      return seen.size;
    }
    mac.update(frame.bytes);
    const start = fileStartSchema.safeParse(value);
    if (!start.success) throw invalidBackup('it is damaged');
    const { file, mode } = start.data;
    assertSafePath(file);
    if (seen.has(file)) throw invalidBackup(`it holds ${JSON.stringify(file)} twice`);
    seen.add(file);
    await unpackFile(frames, mac, { target: join(folder, file), name: file, mode });
  }
}

async function unpackFile(
  frames: AsyncGenerator<Frame>,
  mac: Hmac,
  { target, name, mode }: { readonly target: string; readonly name: string; readonly mode: number },
): Promise<void> {
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  // Exclusive, so that nothing is ever written over or through a link. Nobody but the owner writes what we run.
  const file = await open(target, 'wx', mode & 0o755);
  try {
    await copyData(frames, mac, file, { name, folder: dirname(target) });
    await file.sync();
  } finally {
    await file.close();
  }
}

async function copyData(
  frames: AsyncGenerator<Frame>,
  mac: Hmac,
  file: FileHandle,
  { name, folder }: { readonly name: string; readonly folder: string },
): Promise<void> {
  let bytes = 0;
  let unchecked = 0;
  for (;;) {
    const frame = await next(frames);
    mac.update(frame.bytes);
    if (frame.kind === 'json') {
      const end = fileEndSchema.safeParse(readJson(frame));
      if (end.success && end.data.end === name && end.data.bytes === bytes) return;
      throw invalidBackup('it is damaged');
    }
    unchecked += frame.payload.length;
    if (unchecked >= ROOM_CHECK_BYTES) {
      await requireRoom(folder);
      unchecked = 0;
    }
    await file.appendFile(frame.payload);
    bytes += frame.payload.length;
  }
}

/** Only the store and what lies below our folders, by plain names. */
function assertSafePath(path: string): void {
  if (path === STORE_FILE) return;
  const [folder, ...names] = path.split('/');
  const isOurs = BACKUP_FOLDERS.some((known) => known === folder) && names.length > 0;
  const isPlain = names.every((name) => name !== '' && name !== '.' && name !== '..' && !/[\0\\]/.test(name));
  if (!isOurs || !isPlain)
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
