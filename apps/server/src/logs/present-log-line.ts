import { scrub } from '@racetrack-platform/errors';

/** The number that pino gives to the level `warn`. */
export const WARN_LEVEL = 40;

const LEVEL_NAMES = new Map([
  [10, 'trace'],
  [20, 'debug'],
  [30, 'info'],
  [40, 'warn'],
  [50, 'error'],
  [60, 'fatal'],
]);

/** Fields that are shown otherwise, or not worth the room on a terminal. */
const HIDDEN = new Set(['level', 'time', 'pid', 'hostname', 'name', 'role', 'msg', 'err', 'stack', 'v']);
const MAX_LENGTH = 600;
/** In characters: shorter ones may stand in a message by chance. */
const MIN_REPETITION = 16;

/**
 * The level of a log line, without parsing lines that begin as pino's do.
 *
 * @returns undefined for a line that is not a log record, such as a stack trace of a crash.
 */
export function findLevel(line: string): number | undefined {
  const [, digits] = /^\{"level":(\d+)[,}]/.exec(line) ?? [];
  if (digits !== undefined) return Number(digits);
  const level = parseRecord(line)?.['level'];
  return typeof level === 'number' ? level : undefined;
}

/**
 * Presents a log line for a terminal: `12:30:05 warn  pub  message (field=value)`.
 *
 * @param role - where it came from.
 * @param line - a JSON record as pino writes it; anything else is shown as it is.
 */
export function presentLogLine(role: string, line: string): string {
  const record = parseRecord(line);
  if (record === undefined) return shorten(`${role}: ${scrub(line)}`);
  const { time, level, msg, err } = record;
  const at = new Date(typeof time === 'number' ? time : Date.now()).toTimeString().slice(0, 8);
  const levelName = LEVEL_NAMES.get(Number(level)) ?? 'log';
  const fields = Object.entries(record).filter(([key]) => !HIDDEN.has(key));
  const details = fields.map(([key, value]) => `${key}=${presentValue(value)}`).join(' ');
  const message = [presentValue(msg ?? ''), presentCause(err)].filter((part) => part !== '').join(': ');
  const text = `${at} ${levelName.padEnd(5)} ${role.padEnd(8)} ${message}${details === '' ? '' : ` (${details})`}`;
  return shorten(scrub(text).replaceAll('\n', ' '));
}

function parseRecord(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function presentCause(err: unknown): string {
  if (typeof err === 'object' && err !== null && 'message' in err) return dropRepetition(String(err.message));
  return err === undefined ? '' : presentValue(err);
}

/** Pino appends the messages of the causes, which mostly stand in the message already. */
function dropRepetition(message: string): string {
  for (let at = message.indexOf(': '); at !== -1; at = message.indexOf(': ', at + 1)) {
    const head = message.slice(0, at);
    const tail = message.slice(at + 2);
    const isSaid = head === tail || head.endsWith(`: ${tail}`);
    if (isSaid || (tail.length >= MIN_REPETITION && head.includes(tail))) return dropRepetition(head);
  }
  return message;
}

function presentValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function shorten(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
