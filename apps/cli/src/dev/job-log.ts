import type { Io } from '../io.ts';
import type { Log } from '../output/log.ts';
import { OWN_TRACING_ID } from './call-example.ts';
import { createPaint } from '../output/paint.ts';
import { terminalSafe } from '../output/terminal-safe.ts';

/** `[2026-01-31 12:00:00] ERROR message`, as wrappers write it. */
const LOG_LINE = /^(\[[^\]]{10,30}\]) (DEBUG|INFO |WARN |ERROR|CRIT )(.*)$/;

/** What wrappers log of our own looks at them; nobody else probes a job here. */
const OWN_LOOK = new RegExp(`\\bGET /(?:live|ready) 5\\d\\d|tracing_id\\W+${OWN_TRACING_ID}\\b`);

/**
 * Makes the function that shows a line of the job's output: coloured on a terminal, as it is elsewhere.
 *
 * @param stream - where to: standard output belongs to the answer when there is to be one.
 */
export function createJobLog(
  io: Pick<Io, 'stdout' | 'stderr' | 'env'>,
  log: Log,
  stream: 'stdout' | 'stderr',
): (line: string) => void {
  const channel = io[stream];
  const paint = createPaint(channel.isTerminal && (io.env['NO_COLOR'] ?? '') === '');
  const paintLevel = (level: string): string => {
    if (level === 'ERROR' || level === 'CRIT ') return paint.red(level);
    if (level === 'WARN ') return paint.yellow(level);
    return level === 'INFO ' ? paint.green(level) : paint.dim(level);
  };
  return (line) => {
    if (OWN_LOOK.test(line)) return;
    const safe = terminalSafe(line, channel.isTerminal);
    const [, time, level, rest] = LOG_LINE.exec(safe) ?? [];
    const shown =
      time === undefined || level === undefined
        ? safe
        : `${paint.dim(time)} ${paintLevel(level)}${rest ?? ''}`;
    log.clearStatus();
    channel.write(`${shown}\n`);
  };
}
