import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came over the wire. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface CannedAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Sent as JSON unless it is a text. */
  readonly body?: unknown;
  /** Cuts the connection instead of answering. */
  readonly isCutOff?: true;
  /** Cuts the connection when the body has been sent, without the end of the answer. */
  readonly breaksOff?: true;
}

/** `GET /path` (without query) to an answer, or to a function that is asked every time. */
export type Routes = Record<string, CannedAnswer | ((request: RecordedRequest) => CannedAnswer)>;

export interface RecordingServer extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  readonly requests: RecordedRequest[];
  readonly server: Server;
}

/** Starts an HTTP server on a free port that answers from a table and records what it was asked. */
export async function startRecordingServer(routes: Routes): Promise<RecordingServer> {
  const requests: RecordedRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      requests.push(request);
      const route = routes[`${method} ${url.split('?')[0]}`];
      const notFound: CannedAnswer = { status: 404, body: { error: `no route ${method} ${url}` } };
      const answer: CannedAnswer = typeof route === 'function' ? route(request) : (route ?? notFound);
      if (answer.isCutOff === true) {
        incoming.socket.destroy();
        return;
      }
      const { body = null, status = 200 } = answer;
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      outgoing.writeHead(status, { 'content-type': 'application/json', ...answer.headers });
      if (answer.breaksOff === true) outgoing.write(text, () => incoming.socket.destroySoon());
      else outgoing.end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    server,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}
