import type { Socket } from 'socket.io';

/** Lines on their way at a time: enough for long polling to be quick, little enough to be bounded. */
const WINDOW = 32;

/** A longer line is sent in pieces: one of a megabyte would break the limit of a message. */
const MAX_LINE_LENGTH = 64_000;

/**
 * Sends lines to a client no faster than it acknowledges them, in their order.
 *
 * @throws Error when an acknowledgement does not come in time.
 */
export async function sendLines(
  socket: Socket,
  lines: AsyncIterable<string>,
  options: { ackTimeoutMs: number; signal: AbortSignal },
): Promise<void> {
  const { ackTimeoutMs, signal } = options;
  const pending: Promise<unknown>[] = [];
  for await (const line of lines) {
    for (const piece of splitLine(line)) {
      signal.throwIfAborted();
      if (pending.length >= WINDOW) await pending.shift();
      const acknowledged = socket.timeout(ackTimeoutMs).emitWithAck('logs_nextline', { line: piece });
      // Looked at when its turn comes; until then a failure must not count as unhandled.
      acknowledged.catch(() => {});
      pending.push(acknowledged);
    }
  }
  await Promise.all(pending);
}

function splitLine(line: string): string[] {
  if (line.length <= MAX_LINE_LENGTH) return [line];
  const count = Math.ceil(line.length / MAX_LINE_LENGTH);
  return Array.from({ length: count }, (_, index) =>
    line.slice(index * MAX_LINE_LENGTH, (index + 1) * MAX_LINE_LENGTH),
  );
}
