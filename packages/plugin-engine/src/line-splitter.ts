const LINE_FEED = 0x0a;

export interface LineSplitterOptions {
  /** Longest line without its line feed, in bytes. */
  readonly maxBytes: number;
  readonly onLine: (line: string) => void;
  /** Called once for a line that is longer; the line is dropped and reading goes on after it. */
  readonly onTooLong: () => void;
}

/**
 * Cuts a stream of bytes into lines of UTF-8 text without ever holding more than one longest line.
 *
 * @returns a function to be given every chunk; what follows the last line feed waits for the next chunk.
 */
export function createLineSplitter(options: LineSplitterOptions): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let isDropping = false;

  function add(part: Buffer): void {
    if (isDropping) return;
    if (pendingBytes + part.length > options.maxBytes) {
      isDropping = true;
      pending = [];
      pendingBytes = 0;
      options.onTooLong();
      return;
    }
    if (part.length > 0) pending.push(part);
    pendingBytes += part.length;
  }

  function finishLine(): void {
    const line = isDropping ? undefined : Buffer.concat(pending).toString('utf8');
    pending = [];
    pendingBytes = 0;
    isDropping = false;
    if (line !== undefined && line.trim() !== '') options.onLine(line);
  }

  return (chunk) => {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end === -1) break;
      add(chunk.subarray(start, end));
      finishLine();
      start = end + 1;
    }
    add(chunk.subarray(start));
  };
}
