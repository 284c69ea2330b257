import type { IncomingMessage } from 'node:http';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { failureOf, openAddress, type NetworkRules } from './open-address.ts';
import { presentAddress } from './present-address.ts';

const PAGE_SIZE = 100;
const PAGE_LIMIT = 10;
/** Release notes are texts of people; a page of them is far below. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** Of the releases API (GitHub REST API 2022-11-28, "List releases"); what is not read here may be anything. */
const releasesSchema = z.array(
  z.object({
    name: z.string().nullish(),
    tag_name: z.string().nullish(),
    draft: z.boolean().nullish(),
    assets: z
      .array(z.object({ browser_download_url: z.string(), url: z.string().nullish() }))
      .nullish()
      .transform((assets) => assets ?? []),
  }),
);

/** One release, as the API tells it. */
export type Release = z.output<typeof releasesSchema>[number];

/** Which repository, and whom to ask. */
export interface ReleaseSource {
  /** Base address of the API, without a slash at its end. */
  readonly api: URL;
  readonly owner: string;
  readonly repository: string;
  /** Headers of requests to the API; the token is among them only for its own origin. */
  readonly headersFor: (url: URL) => Record<string, string>;
}

/**
 * Reads the releases of a repository, newest first as the API lists them; drafts are left out.
 *
 * @throws PlatformError `PLUGIN_SOURCE_NOT_FOUND`, `PLUGIN_SOURCE_FAILED`.
 */
export async function readReleases(source: ReleaseSource, rules: NetworkRules): Promise<Release[]> {
  const releases: Release[] = [];
  for (let page = 1; page <= PAGE_LIMIT; page += 1) {
    const found = await readPage(source, page, rules);
    releases.push(...found.filter(({ draft }) => draft !== true));
    if (found.length < PAGE_SIZE) break;
  }
  return releases;
}

async function readPage(source: ReleaseSource, page: number, rules: NetworkRules): Promise<Release[]> {
  const { api, owner, repository, headersFor } = source;
  const url = new URL(api);
  url.pathname = `${api.pathname.replace(/\/+$/, '')}/repos/${owner}/${repository}/releases`;
  url.search = `?per_page=${PAGE_SIZE}&page=${page}`;
  const { incoming } = await openAddress(url, headersFor, rules);
  if (incoming.statusCode !== 200) {
    incoming.destroy();
    throw explainStatus(source, incoming);
  }
  const text = await readText(url, incoming, rules.signal);
  const parsed = releasesSchema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new PlatformError(
    'PLUGIN_SOURCE_FAILED',
    `GitHub API response: ${presentAddress(url)} answered something that is no list of releases`,
    {
      hint: 'Check RACETRACK_GITHUB_API: it is the address of the API, such as https://github.example.com/api/v3.',
    },
  );
}

async function readText(url: URL, incoming: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer does not end');
      chunks.push(chunk);
    }
  } catch (error) {
    throw failureOf(url, error, signal);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function explainStatus({ api, owner, repository }: ReleaseSource, incoming: IncomingMessage): PlatformError {
  const { statusCode = 0, headers } = incoming;
  if (statusCode === 404) {
    return new PlatformError(
      'PLUGIN_SOURCE_NOT_FOUND',
      `there is no repository ${owner}/${repository} at ${api.host}, or it is private`,
      { hint: 'Check the name; for a private repository set GITHUB_TOKEN to a token that may read it.' },
    );
  }
  if (statusCode === 401) {
    return new PlatformError(
      'PLUGIN_SOURCE_FAILED',
      `${api.host} does not accept the token in GITHUB_TOKEN`,
      {
        hint: 'Set GITHUB_TOKEN to a valid token, or unset it for a public repository.',
      },
    );
  }
  const isLimited = statusCode === 429 || headers['x-ratelimit-remaining'] === '0';
  if (isLimited || (statusCode === 403 && headers['retry-after'] !== undefined)) {
    return new PlatformError(
      'PLUGIN_SOURCE_FAILED',
      `${api.host} takes no more requests from here${sayUntil(headers, Date.now())} (rate limit)`,
      { hint: 'Wait, set GITHUB_TOKEN (its limit is higher), or download the ZIP and install the file.' },
    );
  }
  return new PlatformError(
    'PLUGIN_SOURCE_FAILED',
    `GitHub API response: ${api.host} answered ${statusCode}`,
    {
      hint: 'Try again later, or download the ZIP and install the file.',
    },
  );
}

/** `x-ratelimit-reset` is in seconds since the epoch, `retry-after` in seconds from now. */
function sayUntil(headers: IncomingMessage['headers'], nowMs: number): string {
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN) * 1_000;
  const later = nowMs + Number(headers['retry-after'] ?? Number.NaN) * 1_000;
  const until = new Date(Number.isFinite(reset) ? reset : later);
  return Number.isNaN(until.getTime()) ? '' : ` until ${until.toISOString()}`;
}
