import type { Duplex } from 'node:stream';

/** What a client may send before the job has agreed to another protocol; then it has to wait. */
const MAX_EARLY_BYTES = 64 * 1024;

/** The client's bytes while it is open whether the protocol changes. */
export interface EarlyBytes {
  /** Stops reading, and gives what came so far; the rest is the new protocol's. */
  take(): Buffer;
  /** The protocol stays: what comes is read for the client's end only. */
  discard(): void;
}

/**
 * Reads from a client whose upgrade is pending, so that its leaving is noticed: an end that nobody reads keeps the
 * connection, and with it the call, for ever. A client that ends its side is gone, as for any other request.
 *
 * @param head - what came with the request.
 */
export function holdEarlyBytes(socket: Duplex, head: Buffer): EarlyBytes {
  const chunks = [head];
  let sizeBytes = head.length;
  let isDiscarding = false;
  const onData = (chunk: Buffer): void => {
    if (isDiscarding) return;
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= MAX_EARLY_BYTES) socket.pause();
  };
  const onEnd = (): void => {
    socket.end();
  };
  socket.on('data', onData);
  socket.once('end', onEnd);

  return {
    take() {
      socket.pause();
      socket.off('data', onData);
      socket.off('end', onEnd);
      return Buffer.concat(chunks);
    },
    discard() {
      isDiscarding = true;
      chunks.length = 0;
      socket.resume();
    },
  };
}
