import type { PluginHostLogger } from './host-connection.ts';

/** Lines of one host that reach the platform's log within a second. */
const LINES_PER_SECOND = 200;

/** The same logger, which leaves out what comes too fast: a plugin that prints without end fills no disk. */
export function limitLog(logger: PluginHostLogger, now: () => number = Date.now): PluginHostLogger {
  let second = 0;
  let written = 0;
  let leftOut = 0;

  function mayWrite(): boolean {
    const current = Math.floor(now() / 1_000);
    if (current !== second) {
      second = current;
      written = 0;
      if (leftOut > 0) logger.warn({ lines: leftOut }, 'output of a plugin came too fast and was left out');
      leftOut = 0;
    }
    written += 1;
    if (written <= LINES_PER_SECOND) return true;
    leftOut += 1;
    return false;
  }

  return {
    info(fields, message) {
      if (mayWrite()) logger.info(fields, message);
    },
    warn(fields, message) {
      if (mayWrite()) logger.warn(fields, message);
    },
    error(fields, message) {
      if (mayWrite()) logger.error(fields, message);
    },
  };
}
