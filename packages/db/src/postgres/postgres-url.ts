import { PlatformError } from '@racetrack-platform/errors';

/**
 * `disable`: no TLS. `require`: TLS with whoever answers. `verify-ca`: with a certificate of a known authority.
 * `verify-full`: made out to the host, too.
 */
export type TlsMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';

/** What a connection needs to know, from the URL and the settings beside it. */
export interface PostgresAddress {
  /** A name, an address, or the absolute directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly tls: TlsMode;
}

const DEFAULT_PORT = 5432;
const FORM = 'postgres://USER:PASSWORD@HOST:PORT/DATABASE';
export const TLS_MODES: readonly TlsMode[] = ['disable', 'require', 'verify-ca', 'verify-full'];

/**
 * Reads `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…&host=/socket/directory`.
 *
 * @param options - `tls` has precedence over `sslmode`.
 * @throws PlatformError `CONFIG_INVALID` naming DATABASE_URL, never with anything of its value but a parameter's name.
 */
export function parsePostgresUrl(options: {
  readonly url: string;
  readonly tls?: TlsMode | undefined;
}): PostgresAddress {
  const url = parse(options.url);
  const parameters = new Map(url.searchParams);
  const host = parameters.get('host') ?? decode(url.hostname).replace(/^\[(.*)\]$/, '$1');
  if (host === '' || host === 'socket.invalid') throw invalid('names no host');
  const database = decode(url.pathname.slice(1));
  if (database === '' || database.includes('/')) throw invalid('names no database');
  const mode = parameters.get('sslmode');
  const unknown = [...parameters.keys()].find((name) => name !== 'host' && name !== 'sslmode');
  if (unknown !== undefined) {
    throw invalid(`has the parameter ${JSON.stringify(unknown)}, which is not supported`, 'Remove it.');
  }
  return {
    host,
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    database,
    user: url.username === '' ? undefined : decode(url.username),
    password: url.password === '' ? undefined : decode(url.password),
    tls: options.tls ?? (mode === undefined ? 'disable' : toTlsMode(mode)),
  };
}

function parse(text: string): URL {
  if (/^postgres(?:ql)?:\/\//.test(text)) {
    // `user@/database?host=/directory` names a socket; the parser wants a host wherever there is a user.
    const url = URL.parse(text) ?? URL.parse(text.replace('@/', '@socket.invalid/'));
    if (url !== null) return url;
  }
  throw invalid('is not a URL of PostgreSQL', 'Percent-encode special characters in user and password.');
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('has a wrong percent sign', 'Write a percent sign as %25.');
  }
}

function toTlsMode(text: string): TlsMode {
  const mode = TLS_MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw invalid('has an unknown sslmode', `Known are ${TLS_MODES.join(', ')}.`);
}

function invalid(problem: string, advice = ''): PlatformError {
  return new PlatformError('CONFIG_INVALID', `DATABASE_URL ${problem}`, {
    hint: `Set DATABASE_URL to ${FORM}. ${advice}`.trimEnd(),
  });
}
