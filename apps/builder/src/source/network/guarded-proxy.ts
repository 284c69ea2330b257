import { randomBytes } from 'node:crypto';
import { lookup as lookUpName, type LookupAddress } from 'node:dns';
import type { IncomingMessage, Server } from 'node:http';
import { connect, isIP, type AddressInfo, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import type { AddressPolicy } from '@racetrack-platform/sandbox';

/** An import of values would load the WebSocket client as well, some 75 ms of CPU in each builder. */
const { createServer } = process.getBuiltinModule('node:http');

/** Why a connection was not made, or broken off. */
export type TunnelFailure = {
  readonly kind: 'refused' | 'unknown-host' | 'unreachable' | 'silent' | 'too-large';
  /** Whom it was meant for. */
  readonly host: string;
};

/** More than any repository of jobs without its history; the end of those that never end. */
const MAX_BYTES = 4 * 1024 ** 3;

/** Fewer bytes than any TLS server begins with: one that sends a byte a second is as silent as one that sends none. */
const MIN_ANSWER_BYTES = 100;

export interface GuardedProxy extends AsyncDisposable {
  /** For `https_proxy`; holds a password of its own, so that nobody else on the machine can use it. */
  readonly url: string;
  /** The failure that matters: of several the first. */
  readonly failure: TunnelFailure | undefined;
}

export interface GuardedProxyOptions {
  readonly policy: AddressPolicy;
  /** Milliseconds for a connection, and again for the first bytes of an answer. */
  readonly answerMs: number;
  /** Bytes that all connections together may receive. @defaultValue 4 GiB */
  readonly maxBytes?: number;
  /** Finds all addresses of a name. @defaultValue the system's resolver */
  readonly lookUp?: (host: string) => Promise<readonly LookupAddress[]>;
}

/**
 * Starts a proxy on the loopback address through which git makes all its connections.
 *
 * It resolves a name once, checks every address that it stands for, and connects to what was checked: neither a second
 * answer of the name server nor a redirect leads anywhere else. TLS goes through it unopened.
 */
export async function startGuardedProxy(options: GuardedProxyOptions): Promise<GuardedProxy> {
  const password = randomBytes(16).toString('hex');
  const expected = `Basic ${btoa(`git:${password}`)}`;
  const sockets = new Set<Duplex>();
  const tunnels = new TunnelKeeper(options, sockets);
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, client, head) => {
    client.on('error', () => client.destroy());
    sockets.add(client.once('close', () => sockets.delete(client)));
    if (request.headers['proxy-authorization'] === expected) void tunnels.open(request, client, head);
    else client.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n');
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://git:${password}@127.0.0.1:${port}`,
    get failure() {
      return tunnels.failure;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await promisify(server.close.bind(server))();
    },
  };
}

class TunnelKeeper {
  failure: TunnelFailure | undefined;
  #receivedBytes = 0;
  readonly #policy: AddressPolicy;
  readonly #answerMs: number;
  readonly #maxBytes: number;
  readonly #lookUp: (host: string) => Promise<readonly LookupAddress[]>;
  readonly #sockets: Set<Duplex>;

  constructor(options: GuardedProxyOptions, sockets: Set<Duplex>) {
    this.#policy = options.policy;
    this.#answerMs = options.answerMs;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#lookUp = options.lookUp ?? lookUpAll;
    this.#sockets = sockets;
  }

  async open(request: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    const target = parseAuthority(request.url ?? '');
    if (target === undefined) return void client.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    const { host, port } = target;
    const addresses = await this.#findAddresses(host);
    if (addresses.length === 0) return this.#refuse(client, { kind: 'unknown-host', host });
    if (!addresses.every(({ address }) => this.#policy.allows(host, address))) {
      return this.#refuse(client, { kind: 'refused', host });
    }
    if (client.destroyed) return;
    this.#join(
      client,
      head,
      connect({ host, port, lookup: answering(addresses), autoSelectFamily: true }),
      host,
    );
  }

  async #findAddresses(host: string): Promise<readonly LookupAddress[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    return await this.#lookUp(host).catch(() => []);
  }

  #join(client: Duplex, head: Buffer, upstream: Socket, host: string): void {
    this.#sockets.add(upstream.once('close', () => this.#sockets.delete(upstream)));
    let isJoined = false;
    const fail = (kind: TunnelFailure['kind']): void => {
      if (isJoined) client.destroy();
      this.#refuse(client, { kind, host });
      upstream.destroy();
    };
    let timer = setTimeout(fail, this.#answerMs, 'silent');
    let answeredBytes = 0;
    upstream.once('connect', () => {
      clearTimeout(timer);
      timer = setTimeout(fail, this.#answerMs, 'silent');
      isJoined = true;
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    upstream.on('data', ({ length }: Buffer) => {
      answeredBytes += length;
      this.#receivedBytes += length;
      if (answeredBytes >= MIN_ANSWER_BYTES) clearTimeout(timer);
      if (this.#receivedBytes > this.#maxBytes) fail('too-large');
    });
    upstream.once('error', () => {
      if (isJoined) client.destroy();
      else fail('unreachable');
    });
    upstream.once('close', () => clearTimeout(timer));
    client.once('close', () => upstream.destroy());
  }

  #refuse(client: Duplex, failure: TunnelFailure): void {
    this.failure ??= failure;
    if (!client.destroyed) client.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
  }
}

/** Hands the checked addresses to whoever connects, so that no name is resolved a second time. */
function answering(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    const [first] = addresses;
    if (all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family);
  };
}

async function lookUpAll(host: string): Promise<LookupAddress[]> {
  return await promisify(lookUpName)(host, { all: true });
}

/** `host:port` or `[address]:port` (RFC 9110, 9.3.6), spelled as URLs spell them: `0x7f.1` is `127.0.0.1`. */
function parseAuthority(authority: string): { readonly host: string; readonly port: number } | undefined {
  const url = URL.parse(`https://${authority}/`);
  if (url === null || url.username !== '' || url.pathname !== '/') return undefined;
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? 443 : Number(url.port) };
}

async function listen(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
