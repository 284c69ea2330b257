import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

/** Answers one request; the path is without the query. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A real server on this machine; its origin is one of those that tokens must not leave. */
export interface Origin extends AsyncDisposable {
  readonly url: string;
  /** What it was asked, in order. */
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** Path without query to what answers it; may be added to at any time. */
  readonly routes: Record<string, Handler>;
}

/** Starts a server on a free port; with a key and a certificate it speaks TLS, as `localhost`. */
export async function startOrigin(tls?: { readonly key: string; readonly cert: string }): Promise<Origin> {
  const requests: Origin['requests'] = [];
  const routes: Origin['routes'] = {};
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? '/';
    requests.push({ path, headers: request.headers });
    const handler = routes[path.split('?')[0] ?? ''];
    if (handler === undefined) response.writeHead(404).end('{"message": "Not Found"}');
    else handler(request, response);
  };
  const server = tls === undefined ? createServer(answer) : createTlsServer({ ...tls }, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    requests,
    routes,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Answers with a redirect. */
export function redirectTo(location: string): Handler {
  return (_request, response) => void response.writeHead(302, { location }).end();
}

/** Answers with a whole body. */
export function send(body: Buffer | string, headers: Record<string, string> = {}): Handler {
  return (_request, response) => void response.writeHead(200, headers).end(body);
}
