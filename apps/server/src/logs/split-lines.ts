import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is handed on in pieces, so that output without line ends cannot fill the memory. */
const MAX_LINE_LENGTH = 64 * 1024;

/**
 * Cuts a byte stream into lines.
 *
 * @param onLine - gets each line without its end; empty lines are left out.
 * @returns a function that takes the next bytes.
 */
export function splitLines(onLine: (line: string) => void): (chunk: Buffer) => void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  return (chunk) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
    if (rest.length > MAX_LINE_LENGTH) {
      onLine(rest);
      rest = '';
    }
  };
}
