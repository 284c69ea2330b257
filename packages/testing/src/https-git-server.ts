import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A git host over https, with a certificate of its own making. */
export interface HttpsGitServer {
  readonly origin: string;
  /** File to trust, for `GIT_SSL_CAINFO`. */
  readonly certificatePath: string;
  /** Path and query of every request so far. */
  readonly requests: readonly string[];
  readonly close: () => Promise<void>;
}

/**
 * Serves the repositories below a directory with `git http-backend`.
 *
 * @param root - of the repositories; the certificate is written into it too.
 * @param access - asked of everyone, unless `null`. `redirectTo`: answers with a redirect to that origin instead.
 */
export async function startHttpsGitServer(
  root: string,
  access: { readonly username: string; readonly password: string } | null,
  redirectTo?: string,
): Promise<HttpsGitServer> {
  const { keyPath, certificatePath } = await makeCertificate(root);
  const expected = access === null ? null : `Basic ${btoa(`${access.username}:${access.password}`)}`;
  const requests: string[] = [];
  const server = createServer(
    { key: await readFile(keyPath), cert: await readFile(certificatePath) },
    (request, response) => {
      requests.push(`${request.url}`);
      if (redirectTo !== undefined) {
        response.writeHead(301, { location: `${redirectTo}${request.url}` }).end();
      } else if (expected !== null && request.headers.authorization !== expected) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      } else {
        serve(root, request, response);
      }
    },
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://localhost:${port}`,
    certificatePath,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

async function makeCertificate(root: string) {
  const keyPath = join(root, 'key.pem');
  const certificatePath = join(root, 'certificate.pem');
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const kind =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const files = ['-keyout', keyPath, '-out', certificatePath];
  await promisify(execFile)('openssl', [...kind.split(' '), ...files, '-addext', names]);
  return { keyPath, certificatePath };
}

/** Bridges one request to the CGI program that git brings along (git-http-backend). */
function serve(root: string, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://localhost');
  const backend = spawn('git', ['http-backend'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: request.headers['git-protocol'] as string | undefined,
    },
  });
  request.pipe(backend.stdin);
  backend.stdin.on('error', () => {});
  const chunks: Buffer[] = [];
  backend.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  backend.stdout.on('end', () => sendCgiAnswer(Buffer.concat(chunks), response));
}

function sendCgiAnswer(answer: Buffer, response: ServerResponse): void {
  const end = answer.indexOf('\r\n\r\n');
  const lines = answer.subarray(0, end).toString().split('\r\n');
  for (const line of lines) {
    const [name = '', value = ''] = line.split(': ');
    if (name.toLowerCase() === 'status') response.statusCode = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  response.end(answer.subarray(end + 4));
}
