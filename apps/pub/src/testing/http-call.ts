import { request, type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';

export interface HttpCall {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly trailers: NodeJS.Dict<string>;
  /** False when the connection broke before the message was complete. */
  readonly isComplete: boolean;
}

/** Sends one request and reads the answer, also a truncated one. The path goes out byte for byte. */
export async function httpCall(base: string, path: string, call: HttpCall = {}): Promise<HttpAnswer> {
  const { hostname, port } = new URL(base);
  return await new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, agent = false } = call;
    const outgoing = request({ host: hostname, port, path, method, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', () => {});
      answer.once('close', () => {
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          rawHeaders: answer.rawHeaders,
          body: Buffer.concat(chunks),
          trailers: answer.trailers,
          isComplete: answer.complete,
        });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(call.body);
  });
}

/** The body as JSON. */
export function jsonOf(answer: HttpAnswer): Record<string, unknown> {
  return JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>;
}
