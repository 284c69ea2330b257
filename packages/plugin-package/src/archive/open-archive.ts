import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { findEntryPoint } from '../entry-point.ts';
import { PLUGIN_MANIFEST_FILE, type PluginManifest } from '../manifest/plugin-manifest.ts';
import { checkPluginManifest } from '../manifest/read-plugin-manifest.ts';
import { presentBytes, throwProblems } from '../problems.ts';
import { checkEntries, type ArchiveFile, type PackedFile } from './check-entries.ts';
import { ARCHIVE_LIMITS, type ArchiveLimits } from './limits.ts';
import { readArchiveFile } from './read-archive-file.ts';
import { readDirectory } from './read-directory.ts';
import { unpackFile } from './unpack-file.ts';
import { writeTree } from './write-tree.ts';

/** A plugin's ZIP, checked and held in memory. */
export interface PluginArchive {
  readonly manifest: PluginManifest;
  /** The file that the platform loads, such as `plugin.ts`. */
  readonly entryPoint: string;
  /** SHA-256 of the whole archive, in hexadecimal: what is installed, shown and audited. */
  readonly digest: string;
  /** Bytes of the archive. */
  readonly bytes: number;
  /** In the order of the archive. */
  readonly files: readonly ArchiveFile[];
  /** Doubts that stop nothing, each with its file. */
  readonly warnings: readonly string[];
  /**
   * Unpacks one file.
   *
   * @throws PlatformError `NOT_FOUND`; `PLUGIN_INVALID` when its data is not what was declared.
   */
  readFile(path: string): Promise<Buffer>;
  /**
   * Unpacks everything into a folder that must not exist yet: all or nothing, synchronised to the disk. Files get the
   * modes 0644 and 0755, folders 0755, whatever the archive says.
   *
   * @param destination - absolute; its parent exists.
   * @throws PlatformError `ALREADY_EXISTS`; `PLUGIN_INVALID` when the data of a file is not what was declared.
   */
  extract(destination: string, signal: AbortSignal): Promise<void>;
}

export interface OpenArchiveOptions {
  /** The archive as the reader knows it, shown in messages. */
  readonly source: string;
  /** @defaultValue {@link ARCHIVE_LIMITS} */
  readonly limits?: ArchiveLimits | undefined;
}

const HASHED_AT_ONCE_BYTES = 4 * 1024 * 1024;
const HINT = 'Make the ZIP with racetrack plugin bundle; docs/reference/plugin-package.md holds the rules.';

/**
 * Reads a plugin's ZIP from a file and checks everything that can be checked without running it: names, kinds, sizes,
 * manifest, entry point. The data of a file is checked when it is unpacked.
 *
 * @throws PlatformError `PLUGIN_INVALID` with every problem, one a line; `NOT_FOUND`.
 */
export async function openPluginArchive(
  path: string,
  options: OpenArchiveOptions & { readonly signal: AbortSignal },
): Promise<PluginArchive> {
  const maxBytes = (options.limits ?? ARCHIVE_LIMITS).archiveBytes;
  const { data, digest } = await readArchiveFile(path, maxBytes, options.signal);
  return await checkArchive(data, digest, options);
}

/**
 * The same as {@link openPluginArchive}, for a ZIP that is in memory already.
 *
 * @param data - must not be changed afterwards.
 */
export async function readPluginArchive(
  data: Uint8Array,
  options: OpenArchiveOptions,
): Promise<PluginArchive> {
  const { archiveBytes } = options.limits ?? ARCHIVE_LIMITS;
  if (data.length > archiveBytes) {
    throwProblems([`${options.source}: is larger than ${presentBytes(archiveBytes)}`], HINT);
  }
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const digest = await digestOf(bytes);
  return await checkArchive(bytes, digest, options);
}

/** Lets others have their turn: a large archive takes a while. */
async function digestOf(data: Buffer): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < data.length; start += HASHED_AT_ONCE_BYTES) {
    hash.update(data.subarray(start, start + HASHED_AT_ONCE_BYTES));
    await setImmediate();
  }
  return hash.digest('hex');
}

async function checkArchive(
  data: Buffer,
  digest: string,
  { source, limits = ARCHIVE_LIMITS }: OpenArchiveOptions,
): Promise<PluginArchive> {
  const directory = await readDirectory(data, limits.entries);
  if ('problem' in directory) return throwProblems([`${source}: ${directory.problem}`], HINT);
  const { files, folders, problems } = checkEntries(directory, limits);
  // A file that breaks a rule is not unpacked, not even to look for more.
  if (problems.length > 0)
    return throwProblems(
      problems.map((problem) => `${source}: ${problem}`),
      HINT,
    );

  const filesByPath = new Map(files.map((file) => [file.path, file]));
  const checked = await readManifest(data, filesByPath, source);
  const entry = findEntryPoint([...filesByPath.keys()]);
  const found = [
    ...checked.problems,
    ...(entry.problem === undefined ? [] : [`${source}: ${entry.problem}`]),
  ];
  const { manifest } = checked;
  if (manifest === undefined || entry.path === undefined || found.length > 0) {
    return throwProblems(found, HINT);
  }

  return {
    manifest,
    entryPoint: entry.path,
    digest,
    bytes: data.length,
    files,
    warnings: checked.warnings,

    async readFile(path) {
      const file = filesByPath.get(path);
      if (file !== undefined) return await unpackFile(data, file, source);
      throw new PlatformError('NOT_FOUND', `${source} holds no file ${path}`, {
        hint: 'Look at its list of files.',
      });
    },

    async extract(destination, signal) {
      const tree = files.map((file) => ({
        path: file.path,
        isExecutable: file.isExecutable,
        read: async () => await unpackFile(data, file, source),
      }));
      await writeTree(destination, folders, tree, signal);
    },
  };
}

async function readManifest(data: Buffer, files: ReadonlyMap<string, PackedFile>, source: string) {
  const file = files.get(PLUGIN_MANIFEST_FILE);
  if (file === undefined) {
    const problem = `${source}: plugin manifest file was not found in the archive${explainNested([...files.keys()])}`;
    return { manifest: undefined, problems: [problem], warnings: [] };
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await unpackFile(data, file, source));
    return checkPluginManifest(text, `${source}/${PLUGIN_MANIFEST_FILE}`);
  } catch (error) {
    const problem = PlatformError.is(error)
      ? messageOf(error)
      : `${source}/${PLUGIN_MANIFEST_FILE}: is not a text in UTF-8`;
    return { manifest: undefined, problems: [problem], warnings: [] };
  }
}

/** The ZIPs of source code that hosting services make hold everything in one folder. */
function explainNested(paths: readonly string[]): string {
  const nested = paths.find((path) => path.endsWith(`/${PLUGIN_MANIFEST_FILE}`));
  if (nested === undefined) return `; ${PLUGIN_MANIFEST_FILE} has to lie at its top`;
  return `; there is one in ${quoteFolder(nested)}: pack the content of that folder, not the folder`;
}

function quoteFolder(path: string): string {
  return JSON.stringify(path.slice(0, -PLUGIN_MANIFEST_FILE.length - 1).slice(0, 80));
}
