import { AUTH_HEADERS, type RecordValue } from '@racetrack-platform/contracts';
import { decodeAsyncBody, fromJson, type RecordColumn, type StoredValue } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';

/** What is shown in place of a password or token. */
export const MASK = '********';

const DAY_MS = 86_400_000;
/** The last millisecond of the year 9999. */
const MAX_TIME_MS = 253_402_300_799_999;

/** A stored value as clients of Racetrack 2.36 know it: times in ISO 8601, JSON as text. Secrets are never shown. */
export function presentValue({ kind, type }: RecordColumn, value: StoredValue): RecordValue {
  if (value === null) return null;
  switch (kind) {
    case 'time':
      return presentTime(Number(value));
    case 'flag':
      return Number(value) !== 0;
    case 'number':
      return Number(value);
    case 'age':
      return (Number(value) / DAY_MS).toFixed(3);
    case 'body':
      return decodeAsyncBody(String(value));
    case 'secret':
      return MASK;
    case 'json':
      return maskTokens(String(value));
    case 'text':
    case 'absent':
      return type === 'int' ? Number(value) : String(value);
  }
}

/**
 * Reads a value that a record is to have, as it would be stored.
 *
 * @throws PlatformError `BAD_REQUEST` for a value that such a column cannot have, or one that nobody may guess at.
 */
export function readValue(column: RecordColumn, value: RecordValue): StoredValue {
  const { name, kind, type } = column;
  if (value === null) return null;
  switch (kind) {
    case 'text':
    case 'json':
    case 'absent':
      if (typeof value === 'string') return value;
      break;
    case 'number':
      if (/^-?\d{1,15}$/.test(String(value))) return Number(value);
      break;
    case 'flag':
      if (typeof value === 'boolean') return value ? 1 : 0;
      if (value === 'true' || value === 'false') return value === 'true' ? 1 : 0;
      break;
    case 'time':
      if (typeof value === 'string') return readTime(column, value);
      break;
    case 'age':
    case 'body':
    case 'secret':
      throw new PlatformError('BAD_REQUEST', `records cannot be looked for by ${name}`, {
        hint: 'Use another column.',
      });
  }
  throw new PlatformError('BAD_REQUEST', `${name} takes a value of the type ${type}`, {
    hint: `Send JSON of that type${kind === 'flag' ? ': true or false' : ''}.`,
  });
}

/** With microseconds only where there are any, as Python writes it; a time beyond all calendars as its number. */
function presentTime(milliseconds: number): string {
  if (Math.abs(milliseconds) > MAX_TIME_MS) return String(milliseconds);
  const [seconds = '', fraction = ''] = new Date(milliseconds).toISOString().split(/[.Z]/);
  return `${seconds}${fraction === '000' ? '' : `.${fraction}000`}+00:00`;
}

/** Without an offset it is UTC. */
function readTime({ name }: RecordColumn, text: string): number {
  const hasOffset = /(?:Z|[+-]\d\d:?\d\d)$/i.test(text);
  const milliseconds = /^\d{4}-\d\d-\d\d[T ]/.test(text)
    ? Date.parse(hasOffset ? text : `${text}Z`)
    : Number.NaN;
  if (Number.isFinite(milliseconds)) return milliseconds;
  throw new PlatformError('BAD_REQUEST', `${name} takes a time`, {
    hint: 'Write it like 2026-11-21T21:01:58+00:00.',
  });
}

const SECRET_HEADERS = new Set<string>([...AUTH_HEADERS, 'authorization', 'cookie', 'set-cookie']);

/** Stored headers of calls hold the tokens of their callers. */
function maskTokens(text: string): string {
  const value = fromJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return text;
  if (!Object.keys(value).some((name) => SECRET_HEADERS.has(name.toLowerCase()))) return text;
  const entries = Object.entries(value).map(([name, of]) => [
    name,
    SECRET_HEADERS.has(name.toLowerCase()) ? MASK : (of as unknown),
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}
