const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts bytes into lines of text; longer ones into pieces. */
export interface LineCutter {
  push(chunk: Buffer): string[];
  /** What came after the last line feed, if anything. */
  flush(): string[];
}

/** @param maxBytes - longest piece; a character is never cut in two. */
export function createLineCutter(maxBytes: number): LineCutter {
  let rest = Buffer.alloc(0);

  function cutLong(bytes: Buffer, lines: string[]): Buffer {
    let left = bytes;
    while (left.length > maxBytes) {
      const end = findCharacterStart(left, maxBytes);
      lines.push(left.toString('utf8', 0, end));
      left = left.subarray(end);
    }
    return left;
  }

  return {
    push(chunk) {
      const lines: string[] = [];
      let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = bytes.indexOf(LINE_FEED); end !== -1; end = bytes.indexOf(LINE_FEED)) {
        const line = cutLong(bytes.subarray(0, end), lines);
        lines.push(line.toString('utf8', 0, line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length));
        bytes = bytes.subarray(end + 1);
      }
      // A copy: the reader uses its buffer again.
      rest = Buffer.from(cutLong(bytes, lines));
      return lines;
    },

    flush() {
      const lines = rest.length === 0 ? [] : [rest.toString('utf8')];
      rest = Buffer.alloc(0);
      return lines;
    },
  };
}

/** The last place at or before `limit` where a UTF-8 sequence starts (RFC 3629, 3: others are 10xxxxxx). */
function findCharacterStart(bytes: Buffer, limit: number): number {
  for (let index = limit; index > Math.max(0, limit - 4); index -= 1) {
    if (((bytes[index] ?? 0) & 0xc0) !== 0x80) return index;
  }
  return limit;
}
