import type { ClientConfig } from 'pg';
import { PlatformError } from '@racetrack-platform/errors';
import { parsePostgresUrl, type PostgresAddress } from './postgres-url.ts';
import type { PostgresOptions } from '../store-options.ts';

/** To connect, or to get a connection of the pool. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** One statement; also what it waits for a lock, within that. */
const STATEMENT_TIMEOUT_MS = 20_000;
const LOCK_TIMEOUT_MS = 10_000;
/** A transaction between two statements: they await nothing else, so this is a process that stands still. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 20_000;
/** The server ends a statement earlier; this is for a server that does not answer at all. */
const ANSWER_TIMEOUT_MS = 25_000;

const INT8 = 20;
const NUMERIC = 1700;

/** @returns the settings of every connection to PostgreSQL. */
export function configureClient(options: PostgresOptions): ClientConfig {
  const address = parsePostgresUrl(options);
  return {
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    password: address.password,
    ssl: configureTls(address, options.ca),
    application_name: 'racetrack',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: { getTypeParser },
  };
}

function configureTls({ tls, host }: PostgresAddress, ca: string | undefined): ClientConfig['ssl'] {
  if (tls === 'disable' || host.startsWith('/')) return false;
  if (tls === 'require') return { rejectUnauthorized: false };
  const trusted = ca === undefined ? {} : { ca };
  if (tls === 'verify-full') return { ...trusted, rejectUnauthorized: true };
  return { ...trusted, rejectUnauthorized: true, checkServerIdentity: () => undefined };
}

/** The store holds texts and integers alone; counts and sums of integers come as int8 and numeric. */
function getTypeParser(oid: number): (text: string | Buffer) => unknown {
  if (oid === INT8 || oid === NUMERIC || oid === 21 || oid === 23 || oid === 26) return toSafeInteger;
  if (oid === 16) return (text) => String(text) === 't';
  return String;
}

/** @throws PlatformError `INTERNAL` when a double cannot hold the number exactly. */
function toSafeInteger(text: string | Buffer): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new PlatformError('INTERNAL', `the store answers the number ${String(text)}, which is too large`);
}
