import { chmodSync, lchownSync, linkSync, lstatSync, readdirSync, unlinkSync, type Stats } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { PlatformError } from '@racetrack-platform/errors';
import type { Account } from '@racetrack-platform/sandbox';
import { presentDiskExcess } from '../limits/present-excess.ts';
import { createRenewer, type RenewFile } from './renew-file.ts';

const EXECUTABLE_BITS = 0o111;
const PROGRAM_MODE = 0o755;
const FILE_MODE = 0o644;
const CLOSED_MODE = 0o700;
const ROOT = 0;
/** Work goes on for this long before others get their turn: the watch over limits, a cancellation. */
const TURN_MS = 20;
const SEPARATOR = Buffer.from('/');

/**
 * Gives a tree to the account of a build, as far as it belongs to whom the uppermost folder belongs to: us, or the
 * account of an earlier build. The uppermost folder goes last.
 *
 * @param path - in a folder that is ours alone.
 */
export function handOver(path: string, account: Account): void {
  giveTo(Buffer.from(path), lstatSync(path).uid, account);
}

/** In bytes: a former account of a folder of downloads chose the names in it, and not all of them are text. */
function giveTo(path: Buffer, formerUid: number, account: Account): void {
  const stats = lstatSync(path);
  // A name for somebody else's file, or what somebody put into a folder that was open to all.
  if (stats.uid !== formerUid) return;
  if (stats.isDirectory()) {
    // Closed meanwhile: who has held it open since it was everybody's could put links under our feet.
    lchownSync(path, ROOT, ROOT);
    chmodSync(path, CLOSED_MODE);
    for (const name of listAllNames(path)) giveTo(joinBytes(path, name), formerUid, account);
    chmodSync(path, (stats.mode & PROGRAM_MODE) | CLOSED_MODE);
  }
  lchownSync(path, account.uid, account.gid);
}

export interface SealOptions {
  /** How large all files together may be, holes included, since a copy has none; `null`: as they are. */
  readonly maxBytes: number | null;
  /** Whether a name that is no text is let pass; whoever reads the tree later has to cope with it. */
  readonly allowsAnyName?: boolean;
  /** Ends it between two pieces of work. */
  readonly signal: AbortSignal;
}

/**
 * Makes what a build has left root's own: readable for every job, writable for nobody else, without privileged bits,
 * and without anything but files, directories and links. Every file becomes a new one: a process that got an open one
 * from a step, and is not of the account, writes to what is no longer there. Every process of the account must be dead
 * by now: nothing may move below our feet.
 *
 * @param root - the tree, whose own directory root made.
 * @param account - the build's; nothing in the tree may belong to a third one.
 * @throws PlatformError `BUILD_FAILED` for a file that is somebody else's, brought in by a hard link, and for names that
 *   are not text; `BUILD_LIMIT_EXCEEDED` beyond `maxBytes`; the signal's reason.
 */
export async function sealTree(root: string, account: Account, options: SealOptions): Promise<void> {
  const pause = createPause(options.signal);
  const count = createCounter(options.maxBytes);
  const listNames = options.allowsAnyName === true ? listAllNames : listTextNames;
  const sealing = { account, renew: createRenewer(pause), pause, count, listNames, linked: new Map() };
  await seal(Buffer.from(root), sealing);
}

interface Sealing {
  readonly account: Account;
  readonly renew: RenewFile;
  readonly pause: () => Promise<void>;
  /** Counts the bytes of a file. */
  readonly count: (sizeBytes: number) => void;
  readonly listNames: (directory: Buffer) => Buffer[];
  /** New files by the number of an old one that has several names. */
  readonly linked: Map<number, Buffer>;
}

async function seal(path: Buffer, sealing: Sealing): Promise<void> {
  const { account, linked } = sealing;
  const stats = lstatSync(path);
  const renewed = linked.get(stats.ino);
  if (renewed !== undefined) {
    unlinkSync(path);
    linkSync(renewed, path);
    return;
  }
  assertOwn(path, stats, account);
  if (stats.isDirectory()) {
    // Closed first, so that the names below it are ours alone, and open to ourselves whatever its mode was.
    lchownSync(path, ROOT, ROOT);
    chmodSync(path, PROGRAM_MODE);
    for (const name of sealing.listNames(path)) await seal(joinBytes(path, name), sealing);
  } else if (stats.isFile()) {
    await sealFile(path, stats, sealing);
  } else if (stats.isSymbolicLink()) {
    lchownSync(path, ROOT, ROOT);
  } else {
    // Sockets, pipes, devices: nothing that a later start could use.
    unlinkSync(path);
  }
}

async function sealFile(path: Buffer, stats: Stats, sealing: Sealing): Promise<void> {
  sealing.count(stats.size);
  await sealing.pause();
  await sealing.renew(path, (stats.mode & EXECUTABLE_BITS) === 0 ? FILE_MODE : PROGRAM_MODE);
  if (stats.nlink > 1) sealing.linked.set(stats.ino, path);
}

function joinBytes(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, SEPARATOR, name]);
}

function listAllNames(directory: Buffer): Buffer[] {
  return readdirSync(directory, { encoding: 'buffer' });
}

function listTextNames(directory: Buffer): Buffer[] {
  const names = listAllNames(directory);
  const bad = names.find((name) => !Buffer.from(name.toString()).equals(name));
  if (bad === undefined) return names;
  const shown = bad.toString('latin1').replaceAll(/[^\x20-\x7e]|\\/g, escapeByte);
  throw new PlatformError(
    'BUILD_FAILED',
    `the build has made a file whose name is not UTF-8: "${shown}" in ${JSON.stringify(directory.toString())}`,
    { hint: 'Find the package or step that makes it, and rename or remove the file.' },
  );
}

function escapeByte(character: string): string {
  return character === '\\' ? '\\\\' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

function createCounter(maxBytes: number | null): (sizeBytes: number) => void {
  let totalBytes = 0;
  return (sizeBytes) => {
    totalBytes += sizeBytes;
    if (maxBytes !== null && totalBytes > maxBytes) throw presentDiskExcess(maxBytes);
  };
}

function createPause(signal: AbortSignal): () => Promise<void> {
  let turnEndsAt = performance.now() + TURN_MS;
  return async () => {
    if (performance.now() < turnEndsAt) return;
    await setImmediate();
    signal.throwIfAborted();
    turnEndsAt = performance.now() + TURN_MS;
  };
}

/** What the build made is its account's; what we made has one name. Anything else was linked in from outside. */
function assertOwn(path: Buffer, stats: Stats, account: Account): void {
  if (stats.uid === account.uid) return;
  if (stats.uid === ROOT && (stats.isDirectory() || stats.nlink === 1)) return;
  throw new PlatformError(
    'BUILD_FAILED',
    `the build has put a link to somebody else's file into its result: ${path.toString()}`,
    {
      hint: 'Copy files instead of linking them.',
    },
  );
}
