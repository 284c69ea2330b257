import { DatabaseError } from 'pg';
import { messageOf, PlatformError } from '@racetrack-platform/errors';

/**
 * Whether a failure is one of the server or of the way to it, and not of the statement: SQLSTATE classes of
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function isUnavailable(error: DatabaseError): boolean {
  const code = error.code ?? '';
  // Connection, authorisation, rollback (deadlock), resources, operator intervention, system errors.
  if (['08', '28', '40', '53', '57', '58', 'XX'].includes(code.slice(0, 2))) return true;
  // Lock not available, idle in transaction for too long, read-only server (a standby), no such database.
  return ['55P03', '25P03', '25006', '3D000'].includes(code);
}

/** Whether the connection itself is gone, or in an unknown state, and must not be used again. */
export function isConnectionLost(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return true;
  const code = error.code ?? '';
  return code.startsWith('08') || code.startsWith('57P') || code === '25P03' || code.startsWith('58');
}

/**
 * Turns a failure of the server, or of the way to it, into an error for people; credentials never stand in it.
 * What a statement itself did wrong is a mistake of ours and passes.
 *
 * @param place - the store, for people.
 */
export function toStoreError(place: string, error: unknown): unknown {
  if (PlatformError.is(error) || error instanceof TypeError) return error;
  if (error instanceof DatabaseError && !isUnavailable(error)) return error;
  return new PlatformError('STORE_UNAVAILABLE', `${place} cannot be used: ${messageOf(error)}`, {
    hint: hintFor(error),
    cause: error,
  });
}

function hintFor(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('28') || code === '3D000') return 'Check user, password and database in DATABASE_URL.';
  if (code === '53300') return 'Lower RACETRACK_DATABASE_POOL_SIZE, or raise max_connections of the server.';
  if (code === '53100') return 'Make room on the disk of the database server.';
  if (code === '25006') return 'Let DATABASE_URL name the primary server: this one only reads.';
  if (code === '55P03')
    return 'Another process holds the store for long; try again, and look at pg_stat_activity.';
  if (/certificate|CERT|ALTNAME|SELF_SIGNED|LEAF_SIGNATURE/.test(`${code} ${messageOf(error)}`)) {
    return 'Check RACETRACK_DATABASE_TLS, RACETRACK_DATABASE_CA_FILE and the host in DATABASE_URL.';
  }
  if (messageOf(error).includes('SSL'))
    return 'Turn on TLS at the server, or set RACETRACK_DATABASE_TLS=disable.';
  return 'See that the database server runs and can be reached, then try again.';
}
