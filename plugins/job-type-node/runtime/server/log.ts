import { createLineFormatter, writeStdout, type LogExtras } from '../shared/log-lines.ts';
import type { LogLevel, Settings } from '../shared/settings.ts';

/** Lines wait for one another this long: a write costs as much as a good part of a call. */
const FLUSH_AFTER_MS = 10;
/** Bytes of lines that wait; kept as bytes, since strings that outlive a call are work for the garbage collector. */
const BUFFER_SIZE = 65_536;
/** The most that a unit of a string takes in UTF-8. */
const BYTES_PER_UNIT = 3;

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
  const buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
  let used = 0;
  let isScheduled = false;

  function flush(): void {
    isScheduled = false;
    const bytes = buffer.subarray(0, used);
    used = 0;
    if (bytes.length > 0) writeStdout(bytes);
  }

  function line(level: LogLevel, message: string, extras: LogExtras = NOTHING): void {
    if (formatter.shows(level)) add(formatter.format(level, message, extras));
  }

  function add(text: string): void {
    const needed = text.length * BYTES_PER_UNIT;
    if (needed > BUFFER_SIZE - used) flush();
    if (needed > BUFFER_SIZE) return writeStdout(text);
    used += buffer.write(text, used);
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
