import { format } from 'node:util';
import { createLineFormatter, writeStdout, type LogExtras } from '../shared/log-lines.ts';
import type { LogLevel } from '../shared/settings.ts';
import { currentCall, settings } from './job-context.ts';

const formatter = createLineFormatter(settings);
const CONSOLE_LEVELS = {
  debug: 'DEBUG',
  log: 'INFO',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
} as const;

/** Writes a line with the tracing id of the call that the running code belongs to. */
export function writeLog(level: LogLevel, message: string, extras: LogExtras = {}): void {
  if (!formatter.shows(level)) return;
  const call = currentCall.getStore();
  const line = formatter.format(level, message, {
    ...extras,
    tracing_id: call?.tracingId,
    caller_name: settings.logsCaller ? call?.callerName : undefined,
  });
  writeStdout(line);
}

/** Lines of the job's code at the usual levels. */
export const userLog = {
  debug: (...parts: unknown[]): void => writeLog('DEBUG', format(...parts)),
  info: (...parts: unknown[]): void => writeLog('INFO', format(...parts)),
  warn: (...parts: unknown[]): void => writeLog('WARNING', format(...parts)),
  error: (...parts: unknown[]): void => writeLog('ERROR', format(...parts)),
};

/**
 * Turns what the job's code prints into lines of the log. It is written at once and not by way of the other thread:
 * what a thread has said is there, however it ends.
 */
export function captureOutput(): void {
  for (const [name, level] of Object.entries(CONSOLE_LEVELS)) {
    Reflect.set(globalThis.console, name, (...parts: unknown[]) => writeLog(level, format(...parts)));
  }
  for (const stream of [process.stdout, process.stderr]) {
    Reflect.set(stream, 'write', (data: string | Uint8Array, encoding?: unknown, done?: unknown) => {
      writeStdout(data);
      const callback = typeof encoding === 'function' ? encoding : done;
      if (typeof callback === 'function') queueMicrotask(() => void Reflect.apply(callback, undefined, []));
      return true;
    });
  }
}
