/** Headers that may carry a token, first hit wins; the last two are legacy names of Racetrack 2.x. */
export const AUTH_HEADERS = ['x-racetrack-auth', 'x-racetrack-esc-auth', 'x-racetrack-user-auth'] as const;

/** Name of the session cookie that opens jobs in a browser; the same as the header's, percent-encoded value. */
export const AUTH_COOKIE = 'X-Racetrack-Auth';

/** The header as clients write it. */
export const AUTH_HEADER = 'X-Racetrack-Auth';

/** Header of an answer that did what was asked, and has something to add that whoever asked should read; ASCII. */
export const WARNING_HEADER = 'x-racetrack-warning';

/** Default ports, as users of Racetrack know them. */
export const DEFAULT_PORTS = { lifecycle: 7002, dashboard: 7003, pub: 7005 } as const;

/** Where the API answers, beside the bare root. */
export const LIFECYCLE_PREFIX = '/lifecycle';

/** Where calls to jobs answer, beside the bare root. */
export const PUB_PREFIX = '/pub';

/** Header that tells a job who called it: `User x`, `ESC x` or `Job family x`. */
export const CALLER_HEADER = 'X-Caller-Name';

/** Header with the id of one call, made by pub when the client sent none. */
export const TRACING_HEADER = 'X-Request-Tracing-Id';

/** Racetrack release whose clients, plugins and manifests work unchanged. */
export const COMPATIBLE_VERSION = '2.36.0';

/** Version of this product. */
export const PRODUCT_VERSION = '0.1.0';
