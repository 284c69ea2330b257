import { request, type Agent, type IncomingHttpHeaders } from 'node:http';

const ANSWER_TIMEOUT_MS = 60_000;

/** One request; with `json` the body is that value and the type `application/json`. */
export interface WrapperRequest {
  /** @defaultValue POST with a body, else GET */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** Sent as it is; without a type unless `headers` has one. */
  readonly body?: string | Buffer;
  /** For connections that are kept. @defaultValue a connection of its own */
  readonly agent?: Agent;
  /** Leaves before the answer. */
  readonly signal?: AbortSignal;
}

export interface WrapperAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Whether it came on a connection that had served another request before. */
  readonly isReused: boolean;
  /** @throws SyntaxError when it is not JSON. */
  json(): unknown;
}

/** Where a wrapper listens. */
export type Destination = { readonly socketPath: string } | { readonly host: string; readonly port: number };

/** Sends one request and reads the whole answer. */
export async function sendRequest(
  destination: Destination,
  path: string,
  { method, headers = {}, json, body, agent, signal }: WrapperRequest = {},
): Promise<WrapperAnswer> {
  const content = json === undefined ? body : JSON.stringify(json);
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  return await new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...destination,
        path,
        method: method ?? (content === undefined ? 'GET' : 'POST'),
        headers: { ...type, ...headers },
        agent: agent ?? false,
        timeout: ANSWER_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            isReused: outgoing.reusedSocket,
            json: () => JSON.parse(text) as unknown,
          });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer to ${path}`)));
    outgoing.on('error', reject);
    outgoing.end(content);
  });
}
