import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connectStore,
  createMetaRepository,
  exportStore,
  importStore,
  openStore,
  type Store,
  type StoreOptions,
} from '@racetrack-platform/db';
import { openKeys } from '@racetrack-platform/keys';
import { openDataDir } from '../open-data-dir.ts';
import { createSealer, type Sealer } from '../keys/sealer.ts';

export interface ImportTarget extends AsyncDisposable {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly authKey: string;
}

export interface ImportTargetOptions {
  readonly dataDir: string;
  readonly store: StoreOptions;
  /** Keys from the environment. */
  readonly authKey: string | undefined;
  readonly secretsKey: string | undefined;
  /** The original's key, which becomes that of a new data directory. */
  readonly originalAuthKey: string | undefined;
}

/**
 * Opens the store to import into. A new one takes the original's key, with which the tokens in it are signed.
 *
 * @throws PlatformError `KEY_MISMATCH` when the store in use has another key than was given.
 */
export async function openImportTarget(options: ImportTargetOptions): Promise<ImportTarget> {
  const { store, meta } = await openDataDir(options, () => undefined);
  try {
    const hasKey = (await meta.find('auth_key_check')) !== undefined;
    const path = join(options.dataDir, 'keys/auth.key');
    if (
      !hasKey &&
      options.originalAuthKey !== undefined &&
      options.authKey === undefined &&
      !existsSync(path)
    ) {
      await mkdir(join(options.dataDir, 'keys'), { recursive: true, mode: 0o700 });
      await writeFile(path, `${options.originalAuthKey}\n`, { flag: 'wx', mode: 0o600, flush: true });
    }
    return await finish(options, store, async () => await store.close());
  } catch (error) {
    await store.close();
    throw error;
  }
}

/**
 * A copy of the store, on which an import can be tried: nothing of the real one is changed, nor is it made when there is
 * none yet.
 */
export async function openTrialTarget(options: ImportTargetOptions): Promise<ImportTarget> {
  const folder = await mkdtemp(join(tmpdir(), 'racetrack-import-trial-'));
  const close = async (): Promise<void> => await rm(folder, { recursive: true, force: true });
  try {
    const copy: StoreOptions = { kind: 'sqlite', path: join(folder, 'trial.db') };
    const isNew = !(await hasStore(options.store));
    if (!isNew) await copyStore(options.store, copy, folder);
    const store = await openStore(copy);
    const closeBoth = async (): Promise<void> => {
      await store.close();
      await close();
    };
    if (!isNew) return await finish(options, store, closeBoth);
    const authKey = options.authKey ?? options.originalAuthKey ?? randomBytes(32).toString('hex');
    const sealer = createSealer(randomBytes(32).toString('hex'));
    return { store, sealer, authKey, [Symbol.asyncDispose]: closeBoth };
  } catch (error) {
    await close();
    throw error;
  }
}

async function finish(
  options: ImportTargetOptions,
  store: Store,
  close: () => Promise<void>,
): Promise<ImportTarget> {
  const { dataDir, authKey, secretsKey } = options;
  const meta = createMetaRepository(store.db);
  const keys = await openKeys({ dataDir, meta, env: { authKey, secretsKey } });
  return {
    store,
    sealer: createSealer(keys.secretsKey),
    authKey: keys.authKey,
    [Symbol.asyncDispose]: close,
  };
}

async function hasStore(options: StoreOptions): Promise<boolean> {
  if (options.kind === 'sqlite') return existsSync(options.path);
  const store = connectStore(options);
  try {
    await createMetaRepository(store.db).find('store_id');
    return true;
  } catch {
    return false;
  } finally {
    await store.close();
  }
}

async function copyStore(from: StoreOptions, to: StoreOptions, folder: string): Promise<void> {
  const path = join(folder, 'copy.jsonl');
  const file = await open(path, 'wx', 0o600);
  const store = connectStore(from);
  try {
    await exportStore(store, {
      productVersion: 'trial',
      write: async (text) => await file.appendFile(text),
    });
  } finally {
    await store.close();
    await file.close();
  }
  const chunks: AsyncIterable<Buffer> = createReadStream(path);
  await importStore(to, { chunks });
}
