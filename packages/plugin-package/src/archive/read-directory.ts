import { messageOf } from '@racetrack-platform/errors';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';

/** One line of a ZIP's central directory beside the header in front of the data: all as found, nothing believed. */
export interface RawEntry {
  readonly nameBytes: Buffer;
  /** The name again, from the header in front of the data. */
  readonly localNameBytes: Buffer;
  readonly isUtf8: boolean;
  readonly isEncrypted: boolean;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly localMethod: number;
  readonly crc32: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** `st_mode` of Unix; 0 when the ZIP was made elsewhere. */
  readonly mode: number;
  readonly headerStart: number;
  readonly dataStart: number;
}

export interface RawDirectory {
  readonly entries: readonly RawEntry[];
  /** Where the central directory begins. */
  readonly directoryStart: number;
}

/** Why there is no directory; reads after the archive's name. */
export interface UnreadableArchive {
  readonly problem: string;
}

const ENCRYPTED_FLAGS = 0x2041;
const UTF8_FLAG = 0x800;

/**
 * Reads the directory of a ZIP.
 *
 * @param maxEntries - more are not even read.
 */
export async function readDirectory(
  archive: Buffer,
  maxEntries: number,
): Promise<RawDirectory | UnreadableArchive> {
  let zip: ZipFile;
  try {
    zip = await fromBufferPromise(archive, { decodeStrings: false });
  } catch (error) {
    return { problem: explainUnreadable(error) };
  }
  try {
    // Before the first entry is read, the cursor stands where the directory begins (the types call it a boolean).
    const directoryStart = Number(zip.readEntryCursor);
    if (zip.entryCount > maxEntries) {
      return { problem: `holds ${zip.entryCount} entries; at most ${maxEntries} are allowed` };
    }
    const entries: RawEntry[] = [];
    for await (const entry of zip.eachEntry()) entries.push(await readHeader(zip, entry));
    return { entries, directoryStart };
  } catch (error) {
    return { problem: explainUnreadable(error) };
  } finally {
    zip.close();
  }
}

async function readHeader(zip: ZipFile, entry: Entry): Promise<RawEntry> {
  const header = await zip.readLocalFileHeaderPromise(entry);
  return {
    nameBytes: entry.fileNameRaw,
    localNameBytes: header.fileName,
    isUtf8: (entry.generalPurposeBitFlag & UTF8_FLAG) !== 0,
    isEncrypted: ((entry.generalPurposeBitFlag | header.generalPurposeBitFlag) & ENCRYPTED_FLAGS) !== 0,
    method: entry.compressionMethod,
    localMethod: header.compressionMethod,
    crc32: entry.crc32,
    packedBytes: entry.compressedSize,
    bytes: entry.uncompressedSize,
    mode: entry.externalFileAttributes >>> 16,
    headerStart: entry.relativeOffsetOfLocalHeader,
    dataStart: header.fileDataStart,
  };
}

/** Texts of the reader in ours; "File is not a zip file" is what Racetrack 2.36 says. */
function explainUnreadable(error: unknown): string {
  const text = messageOf(error);
  if (text.startsWith('End of central directory record signature not found')) {
    return 'File is not a zip file, or its end is missing';
  }
  if (/encryption/.test(text)) return 'is encrypted';
  return `is damaged: ${text.split('.')[0]}`;
}
