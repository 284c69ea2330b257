import { writeSync } from 'node:fs';
import type { LogLevel, Settings } from './settings.ts';

/** What follows the message, in this order; absent and empty ones are left out. */
export interface LogExtras {
  readonly cause?: string | undefined;
  readonly hint?: string | undefined;
  readonly traceback?: string | undefined;
  readonly tracing_id?: string | undefined;
  readonly caller_name?: string | undefined;
}

const SEVERITY: Readonly<Record<LogLevel, number>> = { DEBUG: 0, INFO: 1, WARNING: 2, ERROR: 3 };
/** Every level takes five columns. */
const WORDS: Readonly<Record<LogLevel, string>> = {
  DEBUG: 'DEBUG',
  INFO: 'INFO ',
  WARNING: 'WARN ',
  ERROR: 'ERROR',
};
const STDOUT = 1;
/** How long to wait for a full pipe before trying again. */
const PIPE_PAUSE_MS = 2;

/** Makes lines of the log. */
export interface LineFormatter {
  /** Whether lines of this level are wanted. */
  shows(level: LogLevel): boolean;
  /** One line, ended. */
  format(level: LogLevel, message: string, extras: LogExtras): string;
}

/** The formatter for text or JSON lines, as the settings ask for. */
export function createLineFormatter(
  settings: Pick<Settings, 'isLogStructured' | 'logLevel'>,
  now: () => number = Date.now,
): LineFormatter {
  const least = SEVERITY[settings.logLevel];
  return {
    shows: (level) => SEVERITY[level] >= least,
    format: settings.isLogStructured
      ? (level, message, extras) => formatJson(now(), level, message, extras)
      : (level, message, extras) => formatText(now(), level, message, extras),
  };
}

/** Writes to standard output at once, so that nothing is lost with the thread that says it. */
export function writeStdout(data: string | Uint8Array): void {
  let bytes = typeof data === 'string' ? Buffer.from(data) : data;
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(STDOUT, bytes));
    } catch (error) {
      // Nobody reads any more: no reason to stop answering.
      if (!isFullPipe(error)) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_PAUSE_MS);
    }
  }
}

function isFullPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

function formatText(time: number, level: LogLevel, message: string, extras: LogExtras): string {
  let line = `[${localTime(time)}] ${WORDS[level]} ${message}`;
  for (const name in extras) {
    const value = extras[name as keyof LogExtras];
    if (value !== undefined && value !== '') line += `, ${name}=${quote(value)}`;
  }
  return `${line}\n`;
}

function formatJson(time: number, level: LogLevel, msg: string, extras: LogExtras): string {
  const known = Object.entries(extras).filter(([, value]) => value !== undefined && value !== '');
  const moment = new Date(time).toISOString().replace('Z', '000Z');
  return `${JSON.stringify({ time: moment, lvl: level, msg, ...Object.fromEntries(known) })}\n`;
}

/** Quotes what holds a space, so that a line can be split again. */
function quote(value: string): string {
  return value.includes(' ') ? `"${value}"` : value;
}

let second = 0;
let secondText = '';

/** Local time to the second; one line a second formats it, the rest copy. */
function localTime(time: number): string {
  const whole = Math.floor(time / 1000);
  if (whole !== second) {
    const date = new Date(time);
    const two = (value: number): string => String(value).padStart(2, '0');
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    secondText = `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    second = whole;
  }
  return secondText;
}
