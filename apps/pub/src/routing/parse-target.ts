import { PUB_PREFIX } from '@racetrack-platform/contracts/processes';
import { inspectPath } from './inspect-path.ts';

export type Page = 'live' | 'ready' | 'health' | 'metrics';

/** The job that a request addresses, before anything is known about it. */
export interface JobTarget {
  readonly kind: 'job';
  /** Percent-decoded. */
  readonly name: string;
  /** Percent-decoded: an exact version or an alias such as `latest`. */
  readonly version: string;
  /** What the client calls the job by, byte for byte: all that is before {@link JobTarget.rest}. */
  readonly prefix: string;
  /** What follows the version, byte for byte: empty, or starting with `/`. */
  readonly rest: string;
  /** Byte for byte, with its `?`, or empty. */
  readonly query: string;
  /** What is authorised: {@link JobTarget.rest} in one canonical spelling, see {@link inspectPath}. */
  readonly endpoint: string;
}

/** What a request target means to pub. */
export type Target =
  | { readonly kind: 'page'; readonly page: Page }
  /** A page, but for a trailing slash. */
  | { readonly kind: 'redirect'; readonly location: string }
  | JobTarget
  /** A path that could mean different things to pub and to a job. */
  | { readonly kind: 'malformed'; readonly reason: string }
  | { readonly kind: 'unknown' };

const PAGES: ReadonlyMap<string, Page> = new Map([
  ['/live', 'live'],
  ['/ready', 'ready'],
  ['/health', 'health'],
  ['/metrics', 'metrics'],
]);
/** `/fatman` is the older name of `/job`; jobs never see it. */
const JOB_ROUTES = ['/job/', '/fatman/'] as const;
/** The part before the path of an absolute-form target, which servers must accept (RFC 9112, 3.2.2). */
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;
const UNKNOWN: Target = { kind: 'unknown' };

/**
 * Takes a request target apart. Every route exists bare and under `/pub`.
 *
 * Only name and version are decoded; the rest stays as the client wrote it, so that what the job receives is
 * what the client sent and what was authorised.
 *
 * @param target - the raw request target, as it stands in the request line.
 */
export function parseTarget(target: string): Target {
  const origin = target.startsWith('/') ? target : toOriginForm(target);
  if (origin === undefined) return UNKNOWN;
  const queryAt = origin.indexOf('?');
  const path = queryAt === -1 ? origin : origin.slice(0, queryAt);
  const query = queryAt === -1 ? '' : origin.slice(queryAt);
  const bare = path.startsWith(`${PUB_PREFIX}/`) ? path.slice(PUB_PREFIX.length) : path;
  for (const route of JOB_ROUTES) {
    if (bare.startsWith(route)) return parseJobTarget(path, path.length - bare.length + route.length, query);
  }
  return parsePage(path, bare);
}

function toOriginForm(target: string): string | undefined {
  const authority = ABSOLUTE_FORM.exec(target)?.[0];
  if (authority === undefined) return undefined;
  const rest = target.slice(authority.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function parsePage(path: string, bare: string): Target {
  const page = PAGES.get(bare);
  if (page !== undefined) return { kind: 'page', page };
  if (bare.endsWith('/') && PAGES.has(bare.slice(0, -1))) {
    return { kind: 'redirect', location: path.slice(0, -1) };
  }
  return UNKNOWN;
}

/** @param nameAt - where the name of the job begins. */
function parseJobTarget(whole: string, nameAt: number, query: string): Target {
  const path = whole.slice(nameAt);
  const nameEnd = path.indexOf('/');
  if (nameEnd <= 0) return UNKNOWN;
  const restAt = path.indexOf('/', nameEnd + 1);
  const versionEnd = restAt === -1 ? path.length : restAt;
  if (versionEnd === nameEnd + 1) return UNKNOWN;

  if (query.includes('#')) return { kind: 'malformed', reason: 'a request holds no fragment ("#")' };
  const inspected = inspectPath(`/${path}`);
  if (!inspected.isSafe) return { kind: 'malformed', reason: inspected.reason };
  const rest = path.slice(versionEnd);
  const prefix = whole.slice(0, nameAt + versionEnd);
  if (inspected.isPlain) {
    const version = path.slice(nameEnd + 1, versionEnd);
    return { kind: 'job', name: path.slice(0, nameEnd), version, prefix, rest, query, endpoint: rest };
  }
  const name = decodeSegment(path.slice(0, nameEnd));
  const version = decodeSegment(path.slice(nameEnd + 1, versionEnd));
  if (name === undefined || version === undefined) {
    return { kind: 'malformed', reason: 'the name or version of the job is not UTF-8' };
  }
  return { kind: 'job', name, version, prefix, rest, query, endpoint: inspected.canonicalize(rest) };
}

function decodeSegment(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
