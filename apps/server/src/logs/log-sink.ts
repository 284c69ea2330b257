import path from 'node:path';
import type { LauncherConfig, Role } from '../config.ts';
import { openLogFile, type LogFile } from './log-file.ts';
import { findLevel, presentLogLine, WARN_LEVEL } from './present-log-line.ts';
import { splitLines } from './split-lines.ts';

/** Where the launcher and the roles log. */
export type LogSource = Role | 'launcher';

export interface LogSink {
  /** Takes what a role writes, in any pieces. */
  write(role: Role, chunk: Buffer): void;
  /** Logs something about the platform as a whole. */
  log(level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Paths of the log files; empty when all goes to stderr. */
  readonly files: readonly string[];
  close(): void;
}

const LEVELS = { info: 30, warn: 40, error: 50 };

/**
 * Creates the place where all logs of the family meet.
 *
 * Format `text`: everything into `DATA_DIR/logs/ROLE.log`, and warnings and worse also to the terminal in short form.
 * Format `json`: everything to stderr, one JSON record a line, and no file.
 *
 * @param config - folder, format and roles.
 * @param writeErr - writes to stderr.
 */
export function createLogSink(
  { dataDir, logFormat, roles }: Pick<LauncherConfig, 'dataDir' | 'logFormat' | 'roles'>,
  writeErr: (text: string) => void,
): LogSink {
  const sources: readonly LogSource[] = ['launcher', ...roles];
  const files = new Map<LogSource, LogFile>();
  if (logFormat === 'text') {
    for (const source of sources) {
      files.set(source, openLogFile(path.join(dataDir, 'logs', `${source}.log`)));
    }
  }

  function show(source: LogSource, line: string): void {
    const level = findLevel(line);
    if (logFormat === 'json') {
      writeErr(`${level === undefined ? wrap(source, line) : line}\n`);
    } else if (level === undefined || level >= WARN_LEVEL) {
      writeErr(`${presentLogLine(source, line)}\n`);
    }
  }

  const splitters = new Map(sources.map((source) => [source, splitLines((line) => show(source, line))]));

  function write(source: LogSource, chunk: Buffer): void {
    files.get(source)?.append(chunk);
    splitters.get(source)?.(chunk);
  }

  return {
    files: [...files.values()].map((file) => file.path),
    write,

    log(level, message, fields = {}) {
      const record = { level: LEVELS[level], time: Date.now(), name: 'launcher', ...fields, msg: message };
      write('launcher', Buffer.from(`${JSON.stringify(record)}\n`));
    },

    close() {
      for (const file of files.values()) file.close();
    },
  };
}

/** A bare line, such as a stack trace of a crash, as a log record. */
function wrap(source: LogSource, line: string): string {
  return JSON.stringify({ level: LEVELS.error, time: Date.now(), name: source, msg: line });
}
