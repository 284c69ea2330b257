import type { BuildEvent, BuildResult } from '@racetrack-platform/contracts/processes';
import { toPlatformError } from '@racetrack-platform/errors';
import type { Redactor } from './redact.ts';

/** Bytes of log that are kept of one build, unless the request says otherwise. */
export const DEFAULT_LOG_BYTES = 8 * 1024 * 1024;
/** The part of them that is kept for the end of the log. */
const TAIL_SHARE = 1 / 4;

/** What a build tells its parent. Every text passes the redactor. */
export interface BuildOutput {
  phase(phase: 'source' | 'build', text: string): void;
  /** Adds lines to the build log, joined by line feeds. */
  readonly log: (lines: string) => void;
  /** Whether the first part of the log is full: more is kept only until yet more comes. */
  readonly isFull: () => boolean;
  /** Bytes that will be kept of what is logged from now on, at most. */
  readonly tailBytes: number;
  /** Counts output that was left out before it got here. */
  readonly leaveOut: (sizeBytes: number) => void;
  warning(text: string): void;
  /** Ends the protocol with success. */
  succeed(result: BuildResult): void;
  /** Ends the protocol with a failure; bugs become `INTERNAL`. */
  fail(thrown: unknown): void;
}

/**
 * Makes the writer of build events.
 *
 * @param write - takes one line of the protocol, its line feed included.
 * @param redactor - of the build's secrets.
 * @param keptBytes - of log: three quarters of it are let through at once, the last quarter follows at the end.
 */
export function createBuildOutput(
  write: (line: string) => void,
  redactor: Redactor,
  keptBytes = DEFAULT_LOG_BYTES,
): BuildOutput {
  const tailLimit = Math.floor(keptBytes * TAIL_SHARE);
  const tail = createTail(tailLimit);
  let headRoom = keptBytes - tailLimit;
  let leftOutBytes = 0;
  let isFull = false;

  const send = (event: BuildEvent): void => write(`${escapeSeparators(JSON.stringify(event))}\n`);

  function log(lines: string): void {
    const text = redactor.redact(lines);
    if (isFull) return tail.add(text);
    const sizeBytes = Buffer.byteLength(text) + 1;
    if (sizeBytes <= headRoom) {
      headRoom -= sizeBytes;
      return send({ type: 'log', text });
    }
    isFull = true;
    // Every character is at least a byte, so this much is not too much for plain text.
    const end = text.lastIndexOf('\n', headRoom - 1);
    if (end > 0) send({ type: 'log', text: text.slice(0, end) });
    tail.add(text.slice(end + 1));
  }

  function flushTail(): void {
    const { text, droppedBytes } = tail.take();
    leftOutBytes += droppedBytes;
    if (leftOutBytes > 0) send({ type: 'log', text: `[${leftOutBytes} bytes of the build log left out]` });
    if (text !== '') send({ type: 'log', text });
  }

  return {
    log,
    isFull: () => isFull,
    tailBytes: tailLimit,
    leaveOut: (sizeBytes) => void (leftOutBytes += sizeBytes),
    phase: (phase, text) => send({ type: 'phase', phase, text }),
    warning: (text) => send({ type: 'warning', text: redactor.redact(text) }),
    succeed(result) {
      flushTail();
      send({ type: 'result', result });
    },
    fail(thrown) {
      flushTail();
      const error = toPlatformError(thrown);
      // A hint is our own text: nothing from outside is in it, and a password may be an ordinary word.
      const hint = error.hint ?? null;
      send({ type: 'error', code: error.code, message: redactor.redact(error.message), hint });
    },
  };
}

/** The last lines of what is added, in constant time for each piece. */
function createTail(limitBytes: number) {
  let pieces: string[] = [];
  let start = 0;
  let sizeBytes = 0;
  let droppedBytes = 0;

  function drop(): void {
    const pieceBytes = Buffer.byteLength(pieces[start] ?? '') + 1;
    start += 1;
    sizeBytes -= pieceBytes;
    droppedBytes += pieceBytes;
  }

  return {
    add(text: string): void {
      pieces.push(text);
      sizeBytes += Buffer.byteLength(text) + 1;
      while (start < pieces.length - 1 && sizeBytes - Buffer.byteLength(pieces[start] ?? '') > limitBytes)
        drop();
      if (start * 2 <= pieces.length) return;
      pieces = pieces.slice(start);
      start = 0;
    },
    take(): { readonly text: string; readonly droppedBytes: number } {
      const text = pieces.slice(start).join('\n');
      const excess = text.length + 1 - limitBytes;
      // Not in the middle of a line, unless it is one line only.
      const end = excess <= 0 ? 0 : text.indexOf('\n', excess - 1) + 1;
      droppedBytes += Buffer.byteLength(text.slice(0, end));
      pieces = [];
      return { text: text.slice(end), droppedBytes };
    },
  };
}

/** `node:readline`, which reads this, ends lines at the separators of Unicode as well. */
function escapeSeparators(json: string): string {
  return json.replaceAll('\u2028', String.raw`\u2028`).replaceAll('\u2029', String.raw`\u2029`);
}
