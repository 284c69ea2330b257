import { StringDecoder } from 'node:string_decoder';
import type { Redactor } from './redact.ts';

/** Characters of a line after which it is cut, so that endless lines neither grow nor stop the log. */
const MAX_LINE_LENGTH = 16 * 1024;

/** Turns a stream of bytes into clean lines. */
export interface LineSplitter {
  readonly push: (chunk: Buffer) => void;
  /** Hands out what is left without a line feed. */
  readonly end: () => void;
  /** Forgets what is left without a line feed. */
  readonly drop: () => void;
}

/**
 * Makes a splitter that hands out complete, redacted lines of UTF-8 text, those of one chunk together: a program that
 * writes millions of short lines must not cost a call for each.
 *
 * Of a line that was rewritten with carriage returns, as progress bars do, the last state is taken. A line
 * that is too long is cut in pieces, never inside a secret.
 *
 * @param redactor - takes the secrets out.
 * @param onLines - receives one or more lines, joined by line feeds, without the last one's.
 */
export function createLineSplitter(redactor: Redactor, onLines: (lines: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  function emit(lines: string): void {
    const latest = lines.includes('\r') ? lines.split('\n').map(takeLastState).join('\n') : lines;
    onLines(redactor.redact(latest));
  }

  function cutLongLine(): void {
    const clean = redactor.redact(rest);
    const end = clean.length - redactor.longestSecret;
    onLines(clean.slice(0, Math.max(end, 0)));
    rest = clean.slice(Math.max(end, 0));
  }

  function take(text: string): void {
    const all = rest + text;
    const end = all.lastIndexOf('\n');
    rest = all.slice(end + 1);
    if (end !== -1) emit(all.slice(0, end));
    if (rest.length > MAX_LINE_LENGTH + redactor.longestSecret) cutLongLine();
  }

  return {
    push: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      if (rest !== '') emit(rest);
      rest = '';
    },
    drop() {
      decoder.end();
      rest = '';
    },
  };
}

function takeLastState(line: string): string {
  return line.split('\r').findLast((part) => part !== '') ?? '';
}
