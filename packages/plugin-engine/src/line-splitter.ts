const LINE_FEED = 0x0a;
/** From here on a line is a long one, in bytes. */
export const LONG_LINE_BYTES = 64 * 1024;
/** Of a line's beginning that is shown, in bytes. */
const START_BYTES = 64;
const FIRST_BYTES = 4_096;
const NOTHING = Buffer.alloc(0);

export interface LineSplitterOptions {
  /** Longest line without its line feed, in bytes. */
  readonly maxBytes: number;
  readonly onLine: (line: string) => void;
  /**
   * Called once for a line that is longer, or may not be long, with its beginning; the line is dropped and reading goes on
   * after it.
   */
  readonly onTooLong: (start: string) => void;
  /**
   * Asked once for a line that grows beyond {@link LONG_LINE_BYTES}, with its beginning.
   *
   * @defaultValue every line may
   */
  readonly mayBeLong?: (start: string) => boolean;
}

/**
 * Cuts a stream of bytes into lines of UTF-8 text without ever holding more than twice the longest line, however small the
 * pieces are in which it comes.
 *
 * @returns a function to be given every chunk; what follows the last line feed waits for the next chunk.
 */
export function createLineSplitter(options: LineSplitterOptions): (chunk: Buffer) => void {
  const { maxBytes, onLine, onTooLong, mayBeLong = () => true } = options;
  let held = NOTHING;
  let heldBytes = 0;
  let isLong = false;
  let isDropping = false;

  /** Whether the line may have this part too; tells of one that may not. */
  function accept(part: Buffer): boolean {
    if (isDropping) return false;
    const bytes = heldBytes + part.length;
    const start = (): string =>
      Buffer.concat([held.subarray(0, Math.min(heldBytes, START_BYTES)), part.subarray(0, START_BYTES)])
        .subarray(0, START_BYTES)
        .toString('utf8');
    if (bytes > LONG_LINE_BYTES && !isLong) isLong = mayBeLong(start());
    if (bytes <= maxBytes && (bytes <= LONG_LINE_BYTES || isLong)) return true;
    isDropping = true;
    onTooLong(start());
    release();
    return false;
  }

  function hold(part: Buffer): void {
    const bytes = heldBytes + part.length;
    if (held.length < bytes) {
      const grown = Buffer.allocUnsafe(Math.max(bytes, Math.min(maxBytes, 2 * held.length), FIRST_BYTES));
      held.copy(grown, 0, 0, heldBytes);
      held = grown;
    }
    part.copy(held, heldBytes);
    heldBytes = bytes;
  }

  function release(): void {
    heldBytes = 0;
    if (held.length > LONG_LINE_BYTES) held = NOTHING;
  }

  function finishLine(part: Buffer): void {
    let line = '';
    if (accept(part)) {
      if (heldBytes > 0) hold(part);
      line = (heldBytes > 0 ? held.subarray(0, heldBytes) : part).toString('utf8');
    }
    release();
    isLong = false;
    isDropping = false;
    if (line.trim() !== '') onLine(line);
  }

  return (chunk) => {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end === -1) break;
      finishLine(chunk.subarray(start, end));
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    if (rest.length > 0 && accept(rest)) hold(rest);
  };
}
