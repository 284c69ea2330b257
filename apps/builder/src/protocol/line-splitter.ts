import { StringDecoder } from 'node:string_decoder';
import type { Redactor } from './redact.ts';

/** Characters of a line after which it is cut, so that endless lines neither grow nor stop the log. */
const MAX_LINE_LENGTH = 16 * 1024;

/** Turns a stream of bytes into clean lines. */
export interface LineSplitter {
  readonly push: (chunk: Buffer) => void;
  /** Hands out what is left without a line feed. */
  readonly end: () => void;
}

/**
 * Makes a splitter that hands out complete, redacted lines of UTF-8 text.
 *
 * Of a line that was rewritten with carriage returns, as progress bars do, the last state is taken. A line
 * that is too long is cut in pieces, never inside a secret.
 *
 * @param redactor - takes the secrets out of each line.
 * @param onLine - receives each line, without its end.
 */
export function createLineSplitter(redactor: Redactor, onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';

  function emit(line: string): void {
    const clean = redactor.redact(line.split('\r').findLast((part) => part !== '') ?? '');
    onLine(clean);
  }

  function cutLongLine(): void {
    const clean = redactor.redact(rest);
    const end = clean.length - redactor.longestSecret;
    onLine(clean.slice(0, Math.max(end, 0)));
    rest = clean.slice(Math.max(end, 0));
  }

  function take(text: string): void {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) emit(line);
    if (rest.length > MAX_LINE_LENGTH + redactor.longestSecret) cutLongLine();
  }

  return {
    push: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      if (rest !== '') emit(rest);
      rest = '';
    },
  };
}
