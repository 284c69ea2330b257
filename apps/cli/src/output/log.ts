import type { Io } from '../io.ts';
import { createPaint, type Paint } from './paint.ts';

/** Everything that is not a result; goes to standard error. */
export interface Log {
  /** With `--verbose` only. */
  debug(text: string): void;
  /** What is being done: on a terminal or with `--verbose`; quiet when standard output is piped, as in the original. */
  info(text: string): void;
  /** What the reader needs to know in any case. */
  note(text: string): void;
  warn(text: string): void;
  /** Shows a line that the next one replaces; nothing when standard error is not a terminal. */
  setStatus(text: string): void;
  clearStatus(): void;
  readonly paint: Paint;
  /** Whether status lines are shown. */
  readonly isLive: boolean;
  /** Whether `info` lines are shown: what is only for them need not be looked up otherwise. */
  readonly showsInfo: boolean;
}

/** Back to the first column, erase the line (ECMA-48: CR, EL 2). */
const ERASE_LINE = '\r\u001b[2K';

/** Creates the log of one invocation. */
export function createLog(
  io: Pick<Io, 'stdout' | 'stderr' | 'env'>,
  options: { readonly isVerbose: boolean },
): Log {
  const isLive = io.stderr.isTerminal;
  const paint = createPaint(isLive && (io.env['NO_COLOR'] ?? '') === '');
  const showsInfo = io.stdout.isTerminal || options.isVerbose;
  let status = '';

  function print(text: string): void {
    const shown = status;
    erase();
    io.stderr.write(`${text}\n`);
    if (shown !== '') draw(shown);
  }

  function erase(): void {
    if (status === '') return;
    io.stderr.write(ERASE_LINE);
    status = '';
  }

  function draw(text: string): void {
    // One column stays free: terminals wrap when the last one is written.
    status = text.slice(0, Math.max(1, io.stderr.columns - 1));
    io.stderr.write(ERASE_LINE + status);
  }

  return {
    debug: (text) => {
      if (options.isVerbose) print(paint.dim(text));
    },
    info: (text) => {
      if (showsInfo) print(text);
    },
    note: print,
    warn: (text) => print(`${paint.yellow('warning:')} ${text}`),
    setStatus: (text) => {
      if (isLive && text !== status) draw(text);
    },
    clearStatus: erase,
    paint,
    isLive,
    showsInfo,
  };
}
