import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A git host that does what no git host should; which, is the first part of the path. */
export interface HostileGitServer {
  /** `https://localhost:PORT`. */
  readonly origin: string;
  /** Accepts connections and says nothing. */
  readonly silentOrigin: string;
  /** Accepts connections and sends a byte a second. */
  readonly drippingOrigin: string;
  /** Everything that {@link HostileGitServer.origin} was asked, with the `Authorization` that came along. */
  readonly requests: readonly { readonly path: string; readonly authorization: string | undefined }[];
  readonly certificatePath: string;
  readonly close: () => Promise<void>;
}

export interface Certificate {
  readonly keyPath: string;
  readonly certificatePath: string;
}

export interface HostileGitServerOptions {
  /** Where the paths `/elsewhere/…` redirect to. */
  readonly elsewhere?: string;
  readonly certificate?: Certificate;
}

/** What `git` expects of the first answer (gitprotocol-http, "Smart Server Response"). */
const ADVERTISEMENT = { 'content-type': 'application/x-git-upload-pack-advertisement' };

/**
 * Starts one.
 *
 * @param root - a folder for the certificate.
 */
export async function startHostileGitServer(
  root: string,
  options: HostileGitServerOptions = {},
): Promise<HostileGitServer> {
  const { keyPath, certificatePath } = options.certificate ?? (await makeCertificate(root, 'hostile'));
  const requests: { path: string; authorization: string | undefined }[] = [];
  const origin = createHttpsServer(
    { key: await readFile(keyPath), cert: await readFile(certificatePath) },
    (request, response) => {
      requests.push({ path: `${request.url}`, authorization: request.headers.authorization });
      misbehave(request, response, options.elsewhere ?? '');
    },
  );
  const silent = createServer((socket) => void socket.resume());
  const dripping = createServer(drip);
  const servers: readonly Server[] = [origin, silent, dripping];
  const sockets = new Set<Socket>();
  for (const server of servers) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
    });
  }
  await Promise.all(servers.map(listen));
  return {
    origin: addressOf(origin),
    silentOrigin: addressOf(silent),
    drippingOrigin: addressOf(dripping),
    requests,
    certificatePath,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map(async (server) => await promisify(server.close.bind(server))()));
    },
  };
}

/**
 * Makes a certificate that signs itself.
 *
 * @param changes - `host`: the name it is for. `isExpired`: it was valid once.
 */
export async function makeCertificate(
  root: string,
  name: string,
  changes: { readonly host?: string; readonly isExpired?: boolean } = {},
): Promise<Certificate> {
  const keyPath = join(root, `${name}-key.pem`);
  const certificatePath = join(root, `${name}-certificate.pem`);
  const host = changes.host ?? 'localhost';
  const requestPath = join(root, `${name}-request.pem`);
  const openssl = async (...args: string[]): Promise<unknown> => await promisify(execFile)('openssl', args);
  const kind = `-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=${host}`.split(' ');
  const extension = ['-addext', `subjectAltName=DNS:${host}`];
  await openssl('req', ...kind, ...extension, '-keyout', keyPath, '-out', requestPath);
  const days = changes.isExpired === true ? '-1' : '2';
  const signed = ['-signkey', keyPath, '-days', days, '-copy_extensions', 'copy', '-out', certificatePath];
  await openssl('x509', '-req', '-in', requestPath, ...signed);
  return { keyPath, certificatePath };
}

function misbehave(request: IncomingMessage, response: ServerResponse, elsewhere: string): void {
  const path = request.url ?? '/';
  const behaviour = path.split('/')[1];
  switch (behaviour) {
    case 'elsewhere':
      return redirect(response, `${elsewhere}${path.replace('/elsewhere', '')}`);
    case 'to-file':
      return redirect(response, 'file:///etc/passwd');
    case 'to-http':
      return redirect(response, `http://localhost:1${path}`);
    case 'to-metadata':
      return redirect(response, `https://169.254.169.254${path}`);
    case 'in-circles':
      return redirect(response, path);
    case 'authenticated-elsewhere':
      return request.headers.authorization === undefined
        ? void response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end()
        : redirect(response, `${elsewhere}/asks${path}`);
    case 'asks':
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
    case 'forbids':
      return void response.writeHead(403).end();
    case 'garbage':
      return void response.writeHead(200, ADVERTISEMENT).end('\u0000\u0001 no protocol at all \uFFFD');
    case 'page':
      return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome</h1>');
    case 'breaks-off':
      response.writeHead(200, { ...ADVERTISEMENT, 'content-length': '100000' }).write('001e# service=git');
      return void setTimeout(() => response.destroy(), 50);
    case 'hangs':
      return void response.writeHead(200, ADVERTISEMENT).write('001e# service');
    case 'endless':
      return pour(response);
    case 'fails':
      return void response.writeHead(500).end('out of order');
    default:
      response.writeHead(404).end();
  }
}

function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location }).end();
}

/** References without end: a sound beginning, then one pkt-line after the other (gitprotocol-common). */
function pour(response: ServerResponse): void {
  response.writeHead(200, ADVERTISEMENT);
  response.write('001e# service=git-upload-pack\n0000');
  let count = 0;
  const lines = (): string =>
    Array.from({ length: 500 }, () => {
      count += 1;
      const line = `${'a'.repeat(40)} refs/heads/branch-${String(count).padStart(12, '0')}\n`;
      return (line.length + 4).toString(16).padStart(4, '0') + line;
    }).join('');
  const more = (): void => {
    while (!response.destroyed && response.write(lines())) continue;
  };
  response.on('drain', more).on('error', () => {});
  more();
}

function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write('\u0016'), 1000);
  socket.once('close', () => clearInterval(timer));
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
}

function addressOf(server: Server): string {
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}
