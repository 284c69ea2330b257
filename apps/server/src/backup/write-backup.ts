import { link, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connectStore, createMetaRepository, exportStore, type Store } from '@racetrack-platform/db';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { assertExists, type DbContext } from '../db/db-context.ts';
import { createProgress } from '../db/show-progress.ts';
import { isAllowedPath } from './allowed-paths.ts';
import { listEntriesInUse } from './artifact-entries.ts';
import { BACKUP_FORMAT, BACKUP_VERSION, PLAIN_VERSION, STORE_FILE } from './backup-format.ts';
import { collectKeys } from './collect-keys.ts';
import { FrameWriter } from './frame-writer.ts';
import { createByteProgress, formatBytes } from './show-bytes.ts';
import { createMac, wrapKeys } from './wrap-keys.ts';
import { writeArtifacts, type WrittenArtifacts } from './write-artifacts.ts';

export interface BackupOptions {
  readonly file: string;
  readonly passphrase: string;
  /** Whether what jobs run from is in it. */
  readonly hasArtifacts: boolean;
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
    const { rows, files, skipped, artifacts } = await writeAll(context, options, store, file);
    await publish(draft, options.file);
    for (const path of skipped)
      context.writeErr(`left out, for it is neither a file nor a folder with a plain name: ${path}\n`);
    for (const entry of artifacts?.skipped ?? [])
      context.writeErr(`left out: ${entry}; its job is not started from this backup\n`);
    const { size } = await stat(options.file);
    context.writeOut(
      `Backed up ${rows} rows of ${context.place}, ${files} files of plugins${presentArtifacts(artifacts)} and the keys ` +
        `to ${options.file} (${formatBytes(size)}).\n` +
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
  { passphrase, env, hasArtifacts }: BackupOptions,
  store: Store,
  file: FileHandle,
): Promise<{ rows: number; files: number; skipped: string[]; artifacts: WrittenArtifacts | undefined }> {
  const keys = await collectKeys(context.dataDir, env, createMetaRepository(store.db));
  const header = Buffer.from(
    JSON.stringify({
      format: BACKUP_FORMAT,
      version: hasArtifacts ? BACKUP_VERSION : PLAIN_VERSION,
      productVersion: context.version,
      createdAt: new Date().toISOString(),
      ...(hasArtifacts && { builds: join(context.dataDir, 'builds') }),
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
  for await (const path of walk(context.dataDir, 'plugins', skipped)) {
    if ((await writer.copyFile(context.dataDir, path)) === undefined) skipped.push(path);
    else files += 1;
  }
  const artifacts = hasArtifacts ? await copyArtifacts(context, store, writer) : undefined;
  await writer.finish();
  return { rows, files, skipped, artifacts };
}

async function copyArtifacts(
  context: DbContext,
  store: Store,
  writer: FrameWriter,
): Promise<WrittenArtifacts> {
  const { dataDir } = context;
  const entries = await listEntriesInUse(store, dataDir);
  return await writeArtifacts(
    writer,
    { dataDir, entries },
    createByteProgress(context.writeErr, 'artifacts'),
  );
}

function presentArtifacts(artifacts: WrittenArtifacts | undefined): string {
  if (artifacts === undefined) return '';
  return `, ${artifacts.entries} artifacts and environments (${formatBytes(artifacts.bytes)})`;
}

/**
 * What a server makes of the plugins in the store: their files, environments, and configurations in plain text, which are
 * sealed in the store and must not be readable here.
 */
const MADE_AGAIN = /^plugins\/(?:packages|environments|work|data\/[^/]+\/config\.yaml)$/;

/** Plain files below a folder, relative to the data directory, in order; links and such are noted, never followed. */
async function* walk(dataDir: string, folder: string, skipped: string[]): AsyncGenerator<string> {
  const entries = await readdir(join(dataDir, folder), { withFileTypes: true }).catch((error: unknown) => {
    // What a plugin removes while we look is not there any more, which is no fault.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = `${folder}/${entry.name}`;
    if (MADE_AGAIN.test(path)) continue;
    if (entry.isDirectory()) yield* walk(dataDir, path, skipped);
    else if (entry.isFile() && isAllowedPath(path, 'file')) yield path;
    else skipped.push(path);
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
