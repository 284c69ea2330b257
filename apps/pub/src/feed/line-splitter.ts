import { PlatformError } from '@racetrack-platform/errors';

const LINE_FEED = 0x0a;

/**
 * Cuts a stream of bytes into lines, without ever holding more than one unfinished line.
 *
 * @param maxLineBytes - a longer line ends the stream with an error.
 * @param onLine - called for each complete line, without its line feed.
 * @returns what to call with each chunk; throws {@link PlatformError} `BAD_REQUEST` on a line that is too long.
 */
export function createLineSplitter(
  maxLineBytes: number,
  onLine: (line: string) => void,
): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  let pendingBytes = 0;

  return (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      pending.push(chunk.subarray(start, end));
      refuseTooLong(pendingBytes + end - start, maxLineBytes);
      const line = pending.length === 1 ? pending[0] : Buffer.concat(pending);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      onLine((line ?? chunk).toString('utf8'));
    }
    if (start === chunk.length) return;
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    refuseTooLong(pendingBytes, maxLineBytes);
  };
}

function refuseTooLong(bytes: number, maxLineBytes: number): void {
  if (bytes <= maxLineBytes) return;
  throw new PlatformError('BAD_REQUEST', `the feed sent a line of more than ${maxLineBytes} bytes`);
}
