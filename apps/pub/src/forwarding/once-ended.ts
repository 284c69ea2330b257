import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Calls back once when a response has been sent or its client is gone.
 *
 * `close` of the response is not enough: a pipelined response whose turn has not come yet has no socket and hears
 * nothing of its end.
 */
export function onceEnded(request: IncomingMessage, response: ServerResponse, onEnded: () => void): void {
  if (response.socket !== null) {
    response.once('close', onEnded);
    return;
  }
  // A client may pipeline as many requests as it likes; each of them listens.
  request.socket.setMaxListeners(0);
  const end = (): void => {
    request.socket.off('close', end);
    response.off('close', end);
    onEnded();
  };
  request.socket.once('close', end);
  response.once('close', end);
}
