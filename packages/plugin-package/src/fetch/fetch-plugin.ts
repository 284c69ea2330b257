import { basename, resolve } from 'node:path';
import { stat } from 'node:fs/promises';
import { PlatformError } from '@racetrack-platform/errors';
import { ARCHIVE_LIMITS } from '../archive/limits.ts';
import { readArchiveFile } from '../archive/read-archive-file.ts';
import { chooseRelease } from './choose-release.ts';
import { openAddress, type NetworkRules } from './open-address.ts';
import { parsePluginUri, type PluginUri } from './plugin-uri.ts';
import { presentAddress } from './present-address.ts';
import { readReleases } from './read-releases.ts';
import { saveDownload, type DownloadProgress } from './save-download.ts';

/** The API whose repositories `github.com/OWNER/REPO` stands for, unless another one is named. */
export const GITHUB_API = 'https://api.github.com';

const DEFAULT_TOTAL_MS = 600_000;
const DEFAULT_IDLE_MS = 30_000;
const MAX_FILE_NAME_LENGTH = 120;

export interface FetchPluginOptions {
  /** An existing directory that a download is written into; the caller removes the file. */
  readonly directory: string;
  /** Where relative paths begin, absolute. Left out, as a server does: a URI never means a local file. */
  readonly localFilesFrom?: string | undefined;
  /** @defaultValue {@link GITHUB_API} */
  readonly githubApi?: string | undefined;
  /** Sent to the origin of that API alone: for its lists, and for the assets that it serves itself. */
  readonly githubToken?: string | undefined;
  /** Which addresses may be connected to; with it no proxy is used. @defaultValue all of them */
  readonly isAddressAllowed?: NetworkRules['isAddressAllowed'];
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Told what is fetched, in the words of the original client. */
  readonly onNote?: ((text: string) => void) | undefined;
  readonly limits?:
    | {
        /** @defaultValue that of {@link ARCHIVE_LIMITS} */
        readonly archiveBytes?: number;
        /** For everything, in milliseconds. @defaultValue 10 minutes */
        readonly totalMs?: number;
        /** Without a byte, in milliseconds. @defaultValue 30 seconds */
        readonly idleMs?: number;
      }
    | undefined;
  readonly signal: AbortSignal;
}

/** The ZIP of a plugin on this machine; what it holds is not looked at yet. */
export interface FetchedPlugin {
  /** Absolute. */
  readonly path: string;
  /** Safe as the name of a file, ends in `.zip`. */
  readonly fileName: string;
  readonly bytes: number;
  /** SHA-256, in hexadecimal. */
  readonly digest: string;
  /** Where it is from, without credentials: for people and records. */
  readonly source: string;
  /** Whether `path` is a new file, which the caller removes; else it is the user's own. */
  readonly isDownload: boolean;
}

/**
 * Brings the ZIP of a plugin to this machine. A URI is tried in this order, as the original client does: an existing
 * local file, an http or https address that ends in `.zip`, `github.com/OWNER/REPO` with or without `==VERSION`.
 *
 * @throws PlatformError `PLUGIN_SOURCE_INVALID`, `PLUGIN_SOURCE_NOT_FOUND`, `PLUGIN_SOURCE_FAILED`; the signal's own
 *   reason when it aborts.
 */
export async function fetchPlugin(uri: string, options: FetchPluginOptions): Promise<FetchedPlugin> {
  const local =
    options.localFilesFrom === undefined ? undefined : await openLocal(uri, options.localFilesFrom, options);
  if (local !== undefined) return local;
  const api = parseApi(options.githubApi ?? GITHUB_API);
  const parsed = parsePluginUri(uri, ['github.com', api.host]);
  const limit = AbortSignal.timeout(options.limits?.totalMs ?? DEFAULT_TOTAL_MS);
  try {
    return await download(parsed, api, { ...options, signal: AbortSignal.any([options.signal, limit]) });
  } catch (error) {
    if (!limit.aborted || options.signal.aborted) throw error;
    throw new PlatformError('PLUGIN_SOURCE_FAILED', 'the download of the plugin took too long', {
      hint: 'Try again, or download the ZIP yourself and install the file.',
      cause: error,
    });
  }
}

async function openLocal(
  uri: string,
  from: string,
  { limits, signal }: FetchPluginOptions,
): Promise<FetchedPlugin | undefined> {
  const path = resolve(from, uri);
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) {
    if (uri.includes('://') || /^[\w.-]+\.[a-z]+\//i.test(uri) || !uri.toLowerCase().endsWith('.zip'))
      return undefined;
    throw new PlatformError('PLUGIN_SOURCE_NOT_FOUND', `there is no file ${path}`, {
      hint: 'Check the path.',
    });
  }
  if (status.isDirectory()) {
    throw new PlatformError('PLUGIN_SOURCE_INVALID', `${path} is a directory`, {
      hint: 'Make a ZIP of it first: racetrack plugin bundle.',
    });
  }
  const { data, digest } = await readArchiveFile(
    path,
    limits?.archiveBytes ?? ARCHIVE_LIMITS.archiveBytes,
    signal,
  );
  return {
    path,
    fileName: toFileName(basename(path)),
    bytes: data.length,
    digest,
    source: path,
    isDownload: false,
  };
}

function parseApi(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' || url?.protocol === 'http:') return url;
  throw new PlatformError('CONFIG_INVALID', 'the address of the GitHub API is no http or https address', {
    hint: `Set RACETRACK_GITHUB_API to one such as ${GITHUB_API}, or leave it out.`,
  });
}

async function download(uri: PluginUri, api: URL, options: FetchPluginOptions): Promise<FetchedPlugin> {
  const { directory, limits, onProgress, onNote, signal } = options;
  const rules: NetworkRules = {
    isAddressAllowed: options.isAddressAllowed,
    idleMs: limits?.idleMs ?? DEFAULT_IDLE_MS,
    signal,
  };
  const { url, named, headersFor } = await locate(uri, api, options, rules);
  onNote?.(`downloading file ${presentAddress(named)}`);
  const answer = await openAddress(url, headersFor, rules);
  const { incoming } = answer;
  if (incoming.statusCode !== 200) {
    incoming.destroy();
    throw refusedDownload(named, incoming.statusCode ?? 0);
  }
  const maxBytes = limits?.archiveBytes ?? ARCHIVE_LIMITS.archiveBytes;
  const saved = await saveDownload(answer.url, incoming, { directory, maxBytes, onProgress, signal });
  return {
    ...saved,
    fileName: toFileName(named.pathname.split('/').at(-1) ?? ''),
    source: presentAddress(named),
    isDownload: true,
  };
}

interface Located {
  /** What is asked for. */
  readonly url: URL;
  /** What people know it by. */
  readonly named: URL;
  readonly headersFor: (url: URL) => Record<string, string>;
}

async function locate(
  uri: PluginUri,
  api: URL,
  { githubToken, onNote }: FetchPluginOptions,
  rules: NetworkRules,
): Promise<Located> {
  if (uri.kind === 'address') return { url: uri.url, named: uri.url, headersFor: () => ({}) };
  const { owner, repository, version } = uri;
  const headersFor = (accept: string) => apiHeaders(api, githubToken, accept);
  const source = { api, owner, repository, headersFor: headersFor('application/vnd.github+json') };
  const chosen = chooseRelease(await readReleases(source, rules), repository, version);
  const which = version === undefined ? 'latest version' : 'version';
  onNote?.(`getting ${which} ${chosen.version} from the ${repository} repository`);
  const named = new URL(chosen.address);
  const { apiAddress } = chosen;
  // Assets of private repositories are served to a token by the API alone.
  const isServedByApi =
    githubToken !== undefined &&
    apiAddress !== undefined &&
    URL.canParse(apiAddress) &&
    new URL(apiAddress).origin === api.origin;
  return {
    url: isServedByApi ? new URL(apiAddress) : named,
    named,
    headersFor: headersFor('application/octet-stream'),
  };
}

/** The token is for the API: wherever a redirect leads, it goes to no other origin. */
function apiHeaders(api: URL, token: string | undefined, accept: string): Located['headersFor'] {
  return (url) => {
    if (url.origin !== api.origin) return {};
    return {
      Accept: accept,
      'X-GitHub-Api-Version': '2022-11-28',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    };
  };
}

function refusedDownload(url: URL, status: number): PlatformError {
  const isMissing = status === 404 || status === 410;
  return new PlatformError(
    isMissing ? 'PLUGIN_SOURCE_NOT_FOUND' : 'PLUGIN_SOURCE_FAILED',
    isMissing ? `404 Not Found for url: ${presentAddress(url)}` : `${presentAddress(url)} answered ${status}`,
    { hint: 'Check the address; what needs a sign-in has to be downloaded first.' },
  );
}

/** What others call a file is only its name here, never a path. */
function toFileName(name: string): string {
  const safe = name
    .replace(/%20/g, '-')
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '')
    .slice(-MAX_FILE_NAME_LENGTH);
  return safe.toLowerCase().endsWith('.zip') ? safe : `${safe === '' ? 'plugin' : safe}.zip`;
}
