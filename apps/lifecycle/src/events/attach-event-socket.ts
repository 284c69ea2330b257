import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import { ERROR_CODES, PlatformError, presentError } from '@racetrack-platform/errors';
import { STATUS_CODES } from '../http/node-http.ts';
import { isStoreOutage, STORE_AWAY } from '../store/store-outage.ts';
import type { EventStreams } from './event-stream.ts';
import { findRequestToken } from './find-request-token.ts';

/** The only form of the path, as in Racetrack 2.36. */
const PATH = '/lifecycle/websocket/events';
/** Clients say nothing; whoever says more is no client. */
const MAX_MESSAGE_BYTES = 4_096;
const PING_MS = 15_000;
/** A client that reads so slowly is let go. */
const MAX_UNREAD_BYTES = 65_536;

const MESSAGE = JSON.stringify({ event: 'job_models_changed' });

/**
 * Serves the event stream of Racetrack 2.36 over WebSocket: `{"event": "job_models_changed"}` when a job that the
 * client may read changed. The original's is open to everybody; here the token comes in the header, or in the session
 * cookie of a page of this origin, which the original's dashboard sends by itself.
 *
 * @param server - that lifecycle listens with.
 */
export function attachEventSocket(
  server: Server,
  { streams, logger }: { readonly streams: EventStreams; readonly logger: Logger },
): void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  server.on('upgrade', (request, socket, head) => {
    if (request.url?.split('?', 1)[0] !== PATH) return;
    socket.on('error', () => socket.destroy());
    serve(request, socket, head).catch((error: unknown) => refuse(socket, logger, error));
  });

  async function serve(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const client: { webSocket?: WebSocket } = {};
    const leave = await streams.open(findRequestToken(request.headers), {
      send: () => send(client.webSocket),
      end: () => (client.webSocket === undefined ? socket.destroy() : client.webSocket.close(1001)),
    });
    socket.once('close', leave);
    if (socket.destroyed) return leave();
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      client.webSocket = webSocket;
      webSocket.on('error', () => webSocket.terminate());
      const ping = setInterval(() => webSocket.ping(), PING_MS);
      webSocket.once('close', () => clearInterval(ping));
    });
  }
}

function send(webSocket: WebSocket | undefined): void {
  if (webSocket === undefined) return;
  if (webSocket.bufferedAmount > MAX_UNREAD_BYTES) webSocket.terminate();
  else webSocket.send(MESSAGE);
}

/** Answers the request for the upgrade itself. */
function refuse(socket: Duplex, logger: Logger, thrown: unknown): void {
  const error = isStoreOutage(thrown)
    ? STORE_AWAY
    : PlatformError.is(thrown)
      ? thrown
      : new PlatformError('INTERNAL', 'Internal server error', { cause: thrown });
  if (error.code === 'INTERNAL') logger.error({ err: thrown }, 'the event stream could not be opened');
  const { status } = ERROR_CODES[error.code];
  const body = JSON.stringify(presentError(error, null));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
