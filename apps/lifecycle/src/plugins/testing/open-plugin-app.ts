import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createPluginRepository, openStore, type Store } from '@racetrack-platform/db';
import { bundlePlugin } from '@racetrack-platform/plugin-package';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { pino } from 'pino';
import { createDockerfileRenderer } from '../../dockerfiles/dockerfile-renderer.ts';
import { withDeps } from '../../http/create-app.ts';
import { createSealer } from '../../keys/sealer.ts';
import { openTestApp, type TestApp } from '../../testing/open-test-app.ts';
import { createPackageFiles } from '../files/create-package-files.ts';
import { pluginRoutes } from '../routes/plugin-routes.ts';
import { openPluginSet, type LivePluginSet } from '../set/open-plugin-set.ts';
import type { PlatformPlugin } from '../set/plugin-set.ts';

/** Files by their paths; `plugin-manifest.yaml` among them. */
export type PluginSource = Readonly<Record<string, string>>;

export interface UploadOptions {
  readonly fileName?: string;
  readonly replace?: boolean;
  readonly token?: string;
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Empty: none is sent. @defaultValue that of a member of the staff */
  readonly token?: string;
}

export interface PluginAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
  /** Empty for what is no JSON object. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** The routes of plugins over a store, files and hosts as they are in the platform, without the rest of it. */
export interface PluginApp extends AsyncDisposable {
  readonly app: TestApp;
  readonly set: LivePluginSet;
  readonly directory: string;
  readonly store: Store;
  readonly url: string;
  /** Of a member of the staff. */
  readonly token: string;
  /** One request; the path is that after `/api/v1`. */
  send(method: string, path: string, options?: SendOptions): Promise<PluginAnswer>;
  /** One request of the staff, with JSON. */
  ask(method: string, path: string, body?: unknown): Promise<PluginAnswer>;
  bundle(source: PluginSource): Promise<Buffer>;
  /** As the original client does: the ZIP is the body. */
  upload(zip: Buffer, options?: UploadOptions): Promise<PluginAnswer>;
  /** Bundles and uploads; expects that it is installed. */
  install(source: PluginSource, options?: { replace?: boolean }): Promise<void>;
  /** What a GET of the path answers to staff, as JSON. */
  read<T>(path: string): Promise<T>;
  /** Another replica on the same store, with files of its own. */
  openReplica(): Promise<LivePluginSet>;
}

const SEALER = createSealer('07'.repeat(32));
const QUIET = pino({ level: 'silent' });

/**
 * @param platform - plugins of the platform.
 * @param githubApi - speaks the API of releases; private addresses are refused where there is none.
 */
export async function openPluginApp(
  platform: readonly PlatformPlugin[] = [],
  githubApi?: string,
): Promise<PluginApp> {
  const cleanup = new AsyncDisposableStack();
  const { path: directory } = cleanup.use(await createTemporaryDirectory());
  const uploadsDir = join(directory, 'uploads');
  await mkdir(uploadsDir);

  async function openSet(store: Store, name: string) {
    const files = await createPackageFiles({
      pluginsDir: join(directory, name),
      platformDir: directory,
      readArchive: (digest) => createPluginRepository(store.db).readArchive(digest),
      env: process.env,
      logger: QUIET,
      accounts: { get: async () => await Promise.resolve(null) },
    });
    const shared = { env: process.env };
    const options = { store, sealer: SEALER, files, logger: QUIET, platform, bundled: platform, shared };
    return { set: cleanup.use(await openPluginSet(options)), files };
  }

  const storePath = join(directory, 'plugins.db');
  const store = await openStore({ kind: 'sqlite', path: storePath });
  cleanup.defer(async () => await store.close());
  const opened = await openSet(store, 'first');
  const app = cleanup.use(
    await openTestApp(() => ({
      routes: [
        withDeps(pluginRoutes, {
          store,
          set: opened.set,
          files: opened.files,
          sealer: SEALER,
          dockerfiles: createDockerfileRenderer({ env: {} }),
          logger: QUIET,
          uploadsDir,
          allowPrivate: githubApi === undefined ? [] : ['127.0.0.1'],
          githubApi,
        }),
      ],
    })),
  );
  const url = await app.app.listen({ host: '127.0.0.1', port: 0 });
  const token = await app.access.addUser('keeper@example.com', [], { isStaff: true });

  async function bundle(source: PluginSource): Promise<Buffer> {
    const folder = await mkdtemp(join(directory, 'source-'));
    for (const [path, text] of Object.entries(source)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const { path } = await bundlePlugin({ directory: folder, signal: new AbortController().signal });
    return await readFile(path);
  }

  async function send(method: string, path: string, options: SendOptions = {}): Promise<PluginAnswer> {
    const { headers = {}, body, token: sent = token } = options;
    const answer = await fetch(`${url}/lifecycle/api/v1${path}`, {
      method,
      headers: { ...(sent !== '' && { 'x-racetrack-auth': sent }), ...headers },
      ...(body !== undefined && { body: new Uint8Array(body) }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const text = bytes.toString();
    const json = text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : {};
    return { status: answer.status, headers: answer.headers, bytes, text, json };
  }

  async function upload(zip: Buffer, options: UploadOptions = {}): Promise<PluginAnswer> {
    const { fileName = 'plugin.zip', replace = false, ...others } = options;
    // What the original client sends.
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const path = `/plugin/upload/${fileName}?replace=${replace ? 1 : 0}`;
    return await send('POST', path, { ...others, headers, body: zip });
  }

  return {
    app,
    set: opened.set,
    directory,
    store,
    token,
    bundle,
    url,
    send,
    async ask(method, path, body) {
      const headers = { 'content-type': 'application/json' };
      return await send(
        method,
        path,
        body === undefined ? {} : { headers, body: Buffer.from(JSON.stringify(body)) },
      );
    },
    upload,
    async install(source, options) {
      const answer = await upload(await bundle(source), options);
      if (answer.status !== 200) throw new Error(answer.text);
    },
    async read<T>(path: string): Promise<T> {
      const answer = await send('GET', path);
      if (answer.status !== 200) throw new Error(answer.text);
      return JSON.parse(answer.text) as T;
    },
    openReplica: async () => (await openSet(store, 'second')).set,
    [Symbol.asyncDispose]: async () => await cleanup.disposeAsync(),
  };
}
