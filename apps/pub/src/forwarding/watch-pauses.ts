import type { IncomingMessage } from 'node:http';

/**
 * Calls back once when a body stops coming: after `pauseMs` without a byte, at most twice that. A body that waits for
 * its reader does not count.
 *
 * @param pauseMs - 0 is for ever.
 * @returns ends the watch.
 */
export function watchPauses(request: IncomingMessage, pauseMs: number, onStalled: () => void): () => void {
  if (pauseMs === 0) return () => {};
  const { socket } = request;
  let bytesRead = socket.bytesRead;
  const timer = setInterval(() => {
    const isStill = socket.bytesRead === bytesRead && !request.isPaused();
    bytesRead = socket.bytesRead;
    if (!request.complete && !isStill) return;
    clearInterval(timer);
    if (!request.complete) onStalled();
  }, pauseMs);
  return () => clearInterval(timer);
}
