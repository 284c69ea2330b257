import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isForwardedUpgrade } from './forwarding/forward-upgrade.ts';
import type { GeneralLane } from './forwarding/general-lane.ts';
import { onceEnded } from './forwarding/once-ended.ts';
import { createServer } from './node-http.ts';

/** A head that is not complete by then is cut off, which is what slow-loris attacks live on. */
const HEAD_TIMEOUT_MS = 20_000;
/** Longer than the idle timeout of usual load balancers (60 s), which must be the first to close. */
const KEEP_ALIVE_MS = 75_000;
const MAX_HEAD_BYTES = 64 * 1024;
const DRAIN_CHECK_MS = 20;

/** The HTTP server with the knowledge of what it still has to finish. */
export interface HttpServer {
  readonly server: Server;
  /**
   * Stops accepting and resolves when every call in flight has ended.
   *
   * @param timeoutMs - after which those that are left are cut off.
   */
  close(timeoutMs: number): Promise<void>;
}

/** Creates the server, not listening. */
export function createHttpServer(lane: GeneralLane): HttpServer {
  /** Per connection; a pipelining client has several. */
  const pending = new WeakMap<Duplex, Set<ServerResponse>>();
  const isBusy = (socket: Duplex): boolean => (pending.get(socket)?.size ?? 0) > 0;
  const server = createServer({
    headersTimeout: HEAD_TIMEOUT_MS,
    // A limit for whole requests would cut long uploads; only authorised callers may send a body for long.
    requestTimeout: 0,
    connectionsCheckingInterval: 5_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: MAX_HEAD_BYTES,
    insecureHTTPParser: false,
    // Node would answer without a body, and let upgrades pass; the lane looks.
    requireHostHeader: false,
    noDelay: true,
    optimizeEmptyRequests: true,
    // Until its turn has come an upgrade cannot be answered; a server may ignore it (RFC 9110, 7.8).
    shouldUpgradeCallback: (request) => isForwardedUpgrade(request) && !isBusy(request.socket),
  });
  // Otherwise lines beyond 2,000 are dropped in silence; the size of the head is the limit.
  server.maxHeadersCount = 0;
  server.maxRequestsPerSocket = 0;

  let activeCount = 0;
  const upgraded = new Set<Duplex>();
  const track = (request: IncomingMessage, response: ServerResponse): void => {
    const responses = pending.get(request.socket) ?? new Set();
    pending.set(request.socket, responses.add(response));
    activeCount += 1;
    onceEnded(request, response, () => {
      activeCount -= 1;
      responses.delete(response);
    });
  };
  server.on('request', (request, response) => {
    track(request, response);
    lane.handle(request, response, false);
  });
  server.on('checkContinue', (request, response) => {
    track(request, response);
    lane.handle(request, response, true);
  });
  server.on('checkExpectation', (request, response) => {
    track(request, response);
    lane.handleExpectation(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const responses = [...(pending.get(socket) ?? [])];
    lane.handleParserError(error, socket, !responses.some(({ headersSent }) => headersSent));
  });
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    lane.handleUpgrade(request, socket, head);
  });
  server.on('connect', (_request, socket) => {
    socket.on('error', () => socket.destroy());
    if (isBusy(socket)) {
      socket.destroy();
      return;
    }
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });

  return {
    server,
    async close(timeoutMs) {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      const deadlineMs = performance.now() + timeoutMs;
      while (activeCount + upgraded.size > 0 && performance.now() < deadlineMs) await pause(DRAIN_CHECK_MS);
      server.closeAllConnections();
      for (const socket of upgraded) socket.destroy();
      await closed;
    },
  };
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
