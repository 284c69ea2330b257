import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import {
  pluginAnswerSchema,
  pluginManifestAnswerSchema,
  type PluginAnswer,
  type PluginManifestAnswer,
} from './answer-schemas.ts';
import { encodePath } from './encode-path.ts';
import { encodeQuery } from './encode-query.ts';
import type { TransferWatch } from './transport.ts';

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

type TransferOptions = CallOptions & TransferWatch;

/** Plugins of the server. Those of the original offer neither descriptions nor pins, nor do they fetch by themselves. */
export interface PluginCalls {
  /** In the order in which they are loaded; with what is wrong with each. On servers of the original the manifests alone. */
  listPlugins(options?: CallOptions): Promise<PluginList>;
  /** Full names of all job types, such as `python3:2.15.1`. */
  listJobTypes(options?: CallOptions): Promise<string[]>;
  /**
   * Installs a ZIP; answers when the plugin works.
   *
   * @param fileName - for the server's messages; ends in `.zip`.
   * @param replace - whether all other versions of the plugin go.
   */
  uploadPlugin(
    fileName: string,
    archive: Blob,
    replace: boolean,
    options?: TransferOptions,
  ): Promise<PluginManifestAnswer>;
  /** Has the server fetch and install a plugin, or take back one of its own (`bundled:NAME`). */
  installPlugin(
    payload: { readonly uri: string; readonly replace: boolean },
    options?: CallOptions,
  ): Promise<PluginManifestAnswer>;
  uninstallPlugin(name: string, version: string, options?: CallOptions): Promise<void>;
  /** @returns the ZIP. */
  downloadPlugin(name: string, version: string, options?: TransferOptions): Promise<Uint8Array>;
  /** The text of its `config.yaml`. */
  getPluginConfig(name: string, version: string, options?: CallOptions): Promise<string>;
  /** The plugin is tried with it first; refused, it stays as it was. */
  setPluginConfig(name: string, version: string, text: string, options?: CallOptions): Promise<void>;
  /** Markdown; `null`: there is none. */
  getPluginDocs(name: string, options?: CallOptions): Promise<string | null>;
  /** Has a plugin do what it offers to do; what it answers is its own matter. */
  runPlugin(
    name: string,
    parameters: Readonly<Record<string, unknown>>,
    options?: CallOptions,
  ): Promise<unknown>;
  /** Keeps a plugin of the platform as it is when the platform is upgraded, or lets it go with it again. */
  setPluginPinned(name: string, version: string, isPinned: boolean, options?: CallOptions): Promise<void>;
}

/** What {@link PluginCalls.listPlugins} found out. */
export interface PluginList {
  readonly plugins: readonly PluginAnswer[];
  /** `false`: a server of the original, which tells nothing but manifests. */
  readonly isDescribed: boolean;
}

interface PluginRequest {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: string | Blob;
  readonly contentType?: string;
  readonly timeoutMs?: number;
  readonly transfer?: TransferWatch | undefined;
}

type Read = <T>(schema: z.ZodType<T>, request: PluginRequest, options?: CallOptions) => Promise<T>;
type Request = (request: PluginRequest, options?: CallOptions) => Promise<{ readonly bytes: Uint8Array }>;

/** Installing fetches what a plugin requires, actions take as long as they take, archives are large. */
const LONG_TIMEOUT_MS = 1_800_000;

/**
 * @param read - sends a request and checks the answer.
 * @param request - sends a request, and answers what came as it is.
 */
export function createPluginCalls(read: Read, request: Request): PluginCalls {
  const onVersion = (name: string, version: string, ...rest: string[]): string =>
    encodePath('plugin', name, version, ...rest);
  return {
    async listPlugins(options) {
      try {
        const plugins = await read(z.array(pluginAnswerSchema), { path: '/plugins' }, options);
        return { plugins, isDescribed: true };
      } catch (error) {
        if (!PlatformError.is(error) || !['NOT_FOUND', 'METHOD_NOT_ALLOWED'].includes(error.code))
          throw error;
      }
      const manifests = await read(z.array(pluginManifestAnswerSchema), { path: '/plugin' }, options);
      return { plugins: manifests.map((manifest) => ({ manifest })), isDescribed: false };
    },
    listJobTypes: (options) => read(z.array(z.string()), { path: '/plugin/job_type/versions' }, options),
    uploadPlugin: (fileName, archive, replace, { signal, ...transfer } = {}) =>
      read(
        pluginManifestAnswerSchema,
        {
          path: `${encodePath('plugin', 'upload', fileName)}${encodeQuery({ replace: Number(replace) })}`,
          method: 'POST',
          body: archive,
          contentType: 'application/zip',
          timeoutMs: LONG_TIMEOUT_MS,
          transfer,
        },
        { signal },
      ),
    installPlugin: (payload, options) =>
      read(
        pluginManifestAnswerSchema,
        {
          path: '/plugins/install',
          method: 'POST',
          body: JSON.stringify(payload),
          timeoutMs: LONG_TIMEOUT_MS,
        },
        options,
      ),
    async uninstallPlugin(name, version, options) {
      await request({ path: onVersion(name, version), method: 'DELETE' }, options);
    },
    async downloadPlugin(name, version, { signal, ...transfer } = {}) {
      const path = onVersion(name, version, 'download');
      return (await request({ path, timeoutMs: LONG_TIMEOUT_MS, transfer }, { signal })).bytes;
    },
    getPluginConfig: (name, version, options) =>
      read(z.string(), { path: onVersion(name, version, 'config') }, options),
    async setPluginConfig(name, version, text, options) {
      const path = onVersion(name, version, 'config');
      const body = JSON.stringify({ config_data: text });
      await request({ path, method: 'PUT', body, timeoutMs: LONG_TIMEOUT_MS }, options);
    },
    getPluginDocs: (name, options) =>
      read(z.string().nullable(), { path: encodePath('plugin', name, 'docs') }, options),
    runPlugin: (name, parameters, options) => {
      const path = encodePath('plugin', name, 'run');
      const body = JSON.stringify(parameters);
      return read(z.unknown(), { path, method: 'POST', body, timeoutMs: LONG_TIMEOUT_MS }, options);
    },
    async setPluginPinned(name, version, isPinned, options) {
      const method = isPinned ? 'PUT' : 'DELETE';
      await request({ path: onVersion(name, version, 'pin'), method, timeoutMs: LONG_TIMEOUT_MS }, options);
    },
  };
}
