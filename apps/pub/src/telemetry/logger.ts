import { pino, type Logger } from 'pino';

export type { Logger };

/**
 * Creates the logger: JSON lines on stderr. Requests are never logged with headers or query, which hold secrets.
 *
 * @param level - least severe level that is written.
 */
export function createLogger(level: string): Logger {
  return pino({ level, base: { role: 'pub', pid: process.pid } }, pino.destination({ dest: 2, sync: false }));
}
