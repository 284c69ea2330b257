import { parseLimit, parseSeconds, type ParsedScalar } from './manifest-scalars.ts';

/**
 * What every wrapper understands (docs/reference/wrapper-contract.md): fields of `jobtype_extra` that have the same
 * meaning in all languages.
 */
export interface WrapperOptions {
  /** Where the job's root page leads; `undefined`: `/docs`. */
  readonly homePage?: string | undefined;
  /** Calls that run at once; `undefined`: unlimited. */
  readonly maxConcurrency?: number | undefined;
  /** Calls that may wait for their turn; `undefined`: unlimited. */
  readonly maxConcurrencyQueue?: number | undefined;
  /** Calls that run and wait together; `undefined`: unlimited. */
  readonly maxInflightRequests?: number | undefined;
  /** Seconds after which a call is answered with 504; `undefined`: never. */
  readonly callTimeoutSeconds?: number | undefined;
}

/** Names of the fields, as authors write them. */
export const WRAPPER_OPTION_FIELDS = [
  'home_page',
  'max_concurrency',
  'max_concurrency_queue',
  'max_inflight_requests',
  'call_timeout',
] as const;

/** The options, and what is wrong with the fields that could not be read: `field: problem`. */
export interface ParsedWrapperOptions {
  readonly options: WrapperOptions;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Reads the fields that all wrappers have in common; other fields are left alone.
 *
 * @param extra - `jobtype_extra`, of any content.
 */
export function parseWrapperOptions(extra: Readonly<Record<string, unknown>>): ParsedWrapperOptions {
  const problems: string[] = [];
  const read = <Value>(
    field: (typeof WRAPPER_OPTION_FIELDS)[number],
    parse: (value: unknown) => ParsedScalar<Value>,
    problem: string,
  ): Value | undefined => {
    const parsed = parse(extra[field] ?? null);
    if (parsed !== 'invalid') return parsed;
    problems.push(`jobtype_extra.${field}: ${problem}`);
    return undefined;
  };
  const options: WrapperOptions = {
    homePage: read('home_page', parseHomePage, HOME_PAGE_PROBLEM),
    maxConcurrency: orUnlimited(
      read('max_concurrency', parseLimit, 'must be a whole number; 0 means unlimited'),
    ),
    maxConcurrencyQueue: read(
      'max_concurrency_queue',
      parseLimit,
      'must be a whole number; 0 means that no call waits',
    ),
    maxInflightRequests: orUnlimited(
      read('max_inflight_requests', parseLimit, 'must be a whole number; 0 means unlimited'),
    ),
    callTimeoutSeconds: orUnlimited(
      read('call_timeout', parseSeconds, 'must be a number of seconds; 0 means that calls may take any time'),
    ),
  };
  return { options, problems, warnings: listUseless(options) };
}

/** The options as flags of a wrapper's command line, each joined by `=` so that no value can be taken for a flag. */
export function toWrapperFlags(options: WrapperOptions): string[] {
  const flags = {
    'home-page': options.homePage,
    'max-concurrency': options.maxConcurrency,
    'max-concurrency-queue': options.maxConcurrencyQueue,
    'max-inflight-requests': options.maxInflightRequests,
    'call-timeout': options.callTimeoutSeconds,
  };
  return Object.entries(flags).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}=${value}`],
  );
}

const HOME_PAGE_PROBLEM =
  'must be a path of the job that starts with one "/", such as /docs, and not "/" itself';

function parseHomePage(value: unknown): ParsedScalar<string> {
  if (value === null || value === '') return undefined;
  return typeof value === 'string' && /^\/(?!\/)[^\s$\\]+$/.test(value) ? value : 'invalid';
}

function orUnlimited(limit: number | undefined): number | undefined {
  return limit === 0 ? undefined : limit;
}

function listUseless({ maxConcurrency, maxConcurrencyQueue }: WrapperOptions): string[] {
  return maxConcurrencyQueue !== undefined && maxConcurrency === undefined
    ? ['jobtype_extra.max_concurrency_queue has no effect without max_concurrency']
    : [];
}
