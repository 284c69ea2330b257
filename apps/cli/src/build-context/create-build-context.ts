import { PlatformError } from '@racetrack-platform/errors';
import { relative, sep } from 'node:path';
import { readConfined } from '../input/read-confined.ts';
import type { Log } from '../output/log.ts';
import { renderSize } from '../output/size.ts';
import { createIgnoreFilter, DEFAULT_PATTERNS, type IgnoreFilter } from '@racetrack-platform/plugin-package';
import { listFiles, listLargest } from './list-files.ts';
import { packFiles } from './pack-files.ts';

/** The server takes 256 MiB; one is left for the manifest and the rest of the body. */
const ENCODED_LIMIT_BYTES = 255 * 1024 * 1024;
const LARGEST_COUNT = 3;
const IGNORE_FILE = '.gitignore';
const IGNORE_FILE_LIMIT_BYTES = 1024 * 1024;

/** A packed directory. */
export interface BuildContext {
  /** Base64 text in pieces. */
  readonly pieces: readonly string[];
  readonly fileCount: number;
}

export interface BuildContextOptions {
  /** The job's directory, absolute. */
  readonly root: string;
  /** Files that never leave this machine this way, absolute: the secret env files. */
  readonly secretPaths: readonly string[];
  readonly signal: AbortSignal;
  /** Further patterns, which `.gitignore` may take back. */
  readonly alsoIgnored?: readonly string[];
  /** Of the encoded text. @defaultValue 255 MiB */
  readonly limitBytes?: number;
}

/**
 * Packs the job's directory for a build without git: everything but what `.gitignore`, the default patterns and the
 * secret env files take out.
 *
 * @throws {@link PlatformError} `BODY_TOO_LARGE` naming the largest files, `BUILD_CONTEXT_INVALID` for a bad link or
 * an unreadable file.
 */
export async function createBuildContext(
  { log }: { readonly log: Log },
  options: BuildContextOptions,
): Promise<BuildContext> {
  const { root, signal, limitBytes = ENCODED_LIMIT_BYTES } = options;
  const isIgnored = await createFilter(options);
  const { paths, skipped } = await listFiles(root, isIgnored, signal);
  if (skipped.length > 0)
    log.warn(`left out of the build context, as they are no files: ${skipped.join(', ')}`);
  try {
    const { pieces, sizeBytes } = await packFiles(root, paths, limitBytes, signal);
    log.info(`local build context encoded: ${paths.length} files, ${renderSize(sizeBytes)}`);
    return { pieces, fileCount: paths.length };
  } catch (error) {
    if (!PlatformError.is(error) || error.code !== 'BODY_TOO_LARGE') throw error;
    throw await explainSize(root, paths, limitBytes);
  }
}

async function createFilter({
  root,
  secretPaths,
  alsoIgnored = [],
}: BuildContextOptions): Promise<IgnoreFilter> {
  const text = await readIgnoreFile(root);
  const byPattern = createIgnoreFilter([...alsoIgnored, ...text.split('\n'), ...DEFAULT_PATTERNS]);
  const secrets = new Set(secretPaths.map((path) => relative(root, path).split(sep).join('/')));
  return (path, isDirectory) => secrets.has(path) || byPattern(path, isDirectory);
}

/** What it would leave out may be secret: a file that cannot be followed ends the command. */
async function readIgnoreFile(root: string): Promise<string> {
  const found = await readConfined(root, IGNORE_FILE, IGNORE_FILE_LIMIT_BYTES).catch(
    (cause: NodeJS.ErrnoException) => {
      throw refuseIgnoreFile(`cannot be read (${cause.code})`, cause);
    },
  );
  switch (found.kind) {
    case 'read':
      return found.bytes.toString('utf8');
    case 'missing':
      return '';
    case 'outside':
      throw refuseIgnoreFile('leads out of the build context');
    case 'not-a-file':
      throw refuseIgnoreFile('is not a file');
    case 'too-large':
      throw refuseIgnoreFile('is larger than a megabyte');
  }
}

function refuseIgnoreFile(reason: string, cause?: unknown): PlatformError {
  return new PlatformError('BUILD_CONTEXT_INVALID', `${IGNORE_FILE} ${reason}`, {
    cause,
    hint: 'Make it a readable text file of the folder: it says what is not sent.',
  });
}

async function explainSize(
  root: string,
  paths: readonly string[],
  limitBytes: number,
): Promise<PlatformError> {
  const largest = await listLargest(root, paths, LARGEST_COUNT);
  const list = largest.map(({ path, sizeBytes }) => `${path} (${renderSize(sizeBytes)})`).join(', ');
  return new PlatformError(
    'BODY_TOO_LARGE',
    `the local build context exceeds ${renderSize(limitBytes)}; its largest files are ${list}`,
    { hint: 'Name what the job does not need in .gitignore, or deploy from git: --build-context git.' },
  );
}
