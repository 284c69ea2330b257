import { readFileSync } from 'node:fs';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { parsePostgresUrl, TLS_MODES, type TlsMode } from './postgres/postgres-url.ts';

const DEFAULT_POOL_SIZE = 5;
const MAX_POOL_SIZE = 100;

export interface SqliteOptions {
  readonly kind: 'sqlite';
  /** Of the database file; created when missing, its directory is not. */
  readonly path: string;
}

export interface PostgresOptions {
  readonly kind: 'postgres';
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE`. */
  readonly url: string;
  /** Connections at most; 5 when left out. One more listens for changes. */
  readonly poolSize?: number | undefined;
  /** Overrides `sslmode` in the URL. */
  readonly tls?: TlsMode | undefined;
  /** Certificates of authorities (PEM) for `verify-ca` and `verify-full`; left out: those that Node.js trusts. */
  readonly ca?: string | undefined;
}

/** Where a store lies, and how to get there. */
export type StoreOptions = SqliteOptions | PostgresOptions;

/**
 * Reads from the environment which store to open: DATABASE_URL and RACETRACK_DATABASE_*.
 *
 * @param sqlitePath - of the database file when no DATABASE_URL is set.
 * @throws PlatformError `CONFIG_INVALID` naming the variable; never with the password.
 */
export function readStoreOptions(
  env: Readonly<Record<string, string | undefined>>,
  sqlitePath: string,
): StoreOptions {
  const url = env['DATABASE_URL'];
  if (url === undefined || url === '') return { kind: 'sqlite', path: sqlitePath };
  const options: PostgresOptions = {
    kind: 'postgres',
    url,
    poolSize: readPoolSize(env['RACETRACK_DATABASE_POOL_SIZE']),
    tls: readTlsMode(env['RACETRACK_DATABASE_TLS']),
    ca: readCertificates(env['RACETRACK_DATABASE_CA_FILE']),
  };
  parsePostgresUrl(options);
  return options;
}

/** Where a store lies, for people: without credentials. */
export function describeStore(options: StoreOptions): string {
  if (options.kind === 'sqlite') return `SQLite ${options.path}`;
  const { host, port, database } = parsePostgresUrl(options);
  return host.startsWith('/')
    ? `PostgreSQL database ${database} at socket ${host}, port ${port}`
    : `PostgreSQL database ${database} at ${host}:${port}`;
}

function readPoolSize(text: string | undefined): number {
  if (text === undefined || text === '') return DEFAULT_POOL_SIZE;
  const size = Number(text);
  if (/^\d+$/.test(text) && size >= 1 && size <= MAX_POOL_SIZE) return size;
  throw new PlatformError('CONFIG_INVALID', `RACETRACK_DATABASE_POOL_SIZE is ${JSON.stringify(text)}`, {
    hint: `Set it to a whole number from 1 to ${MAX_POOL_SIZE}, or leave it out for ${DEFAULT_POOL_SIZE}.`,
  });
}

function readTlsMode(text: string | undefined): TlsMode | undefined {
  if (text === undefined || text === '') return undefined;
  const mode = TLS_MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw new PlatformError('CONFIG_INVALID', `RACETRACK_DATABASE_TLS is ${JSON.stringify(text)}`, {
    hint: `Set it to one of ${TLS_MODES.join(', ')}.`,
  });
}

function readCertificates(path: string | undefined): string | undefined {
  if (path === undefined || path === '') return undefined;
  const hint = 'Set RACETRACK_DATABASE_CA_FILE to a readable file with certificates in PEM form.';
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new PlatformError('CONFIG_INVALID', `RACETRACK_DATABASE_CA_FILE: ${messageOf(error)}`, { hint });
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new PlatformError('CONFIG_INVALID', `RACETRACK_DATABASE_CA_FILE: ${path} holds no certificate`, {
    hint,
  });
}
