import { createLineFormatter, writeStdout, type LogExtras } from '../shared/log-lines.ts';
import type { LogLevel, Settings } from '../shared/settings.ts';

/** Lines wait for one another this long: a write costs as much as a good part of a call. */
const FLUSH_AFTER_MS = 10;
const MAX_WAITING_CHARACTERS = 65_536;

/** The log of the server's thread. */
export interface Log {
  line(level: LogLevel, message: string, extras?: LogExtras): void;
  /** One answered request. */
  request(method: string, target: string, status: number, tracingId: string, caller: string): void;
  flush(): void;
}

const NOTHING: LogExtras = {};

export function createLog(settings: Settings): Log {
  const formatter = createLineFormatter(settings);
  const showsRequests = formatter.shows('INFO');
  let waiting = '';
  let isScheduled = false;

  function flush(): void {
    isScheduled = false;
    const text = waiting;
    waiting = '';
    if (text !== '') writeStdout(text);
  }

  function line(level: LogLevel, message: string, extras: LogExtras = NOTHING): void {
    if (formatter.shows(level)) add(formatter.format(level, message, extras));
  }

  function add(text: string): void {
    waiting += text;
    if (waiting.length > MAX_WAITING_CHARACTERS) return flush();
    if (isScheduled) return;
    isScheduled = true;
    setTimeout(flush, FLUSH_AFTER_MS);
  }

  return {
    line,
    request(method, target, status, tracingId, caller) {
      if (!showsRequests) return;
      const name = settings.logsCaller ? caller : '';
      const extras = tracingId === '' && name === '' ? NOTHING : { tracing_id: tracingId, caller_name: name };
      add(formatter.format('INFO', `${method} ${target} ${status}`, extras));
    },
    flush,
  };
}
