import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Decision } from '../routing/decide-call.ts';
import { upstreamHostOf, type UpstreamInstance } from './connection-pool.ts';
import { holdEarlyBytes, type EarlyBytes } from './early-bytes.ts';
import {
  failExchange,
  failWithoutInstance,
  guardExchange,
  openUpstream,
  type Exchange,
  type ForwardDeps,
} from './exchange.ts';
import { relayResponse, type RelayContext } from './relay-response.ts';
import { addressesOf } from './rewrite-location.ts';
import { composeResponseHeaders } from './response-headers.ts';
import type { Tunnels } from './tunnels.ts';
import { BrokenAnswerError, connectionLost, UpstreamTimeoutError } from './upstream-failure.ts';

export interface UpgradeDeps extends ForwardDeps {
  readonly tunnels: Tunnels;
}

/** The client's side of a connection that is to change its protocol. */
export interface UpgradeSide {
  readonly socket: Duplex;
  /** Bytes that came with the request. */
  readonly head: Buffer;
  /** Takes the socket away from the response, to speak the new protocol on it. */
  readonly detach: () => void;
  /** What would be said to the same call now, of the version that it was allowed to reach. */
  readonly decideAgain: () => Decision;
}

/** After one side has ended, or both were told to, how long a side may take to end too. */
const HALF_CLOSED_MS = 2_000;

/**
 * Whether a request asks for another protocol that pub passes on. A server may ignore an `Upgrade`
 * (RFC 9110, 7.8); ignored are those with a body and `h2c`, which some clients offer with every request.
 */
export function isForwardedUpgrade(request: IncomingMessage): boolean {
  const protocol = request.headers.upgrade?.trim().toLowerCase() ?? '';
  const hasBody =
    request.headers['transfer-encoding'] !== undefined ||
    Number(request.headers['content-length'] ?? 0) !== 0;
  return protocol !== '' && !protocol.includes('h2c') && request.method === 'GET' && !hasBody;
}

/**
 * Forwards an authorised upgrade: the job's `101` is relayed, then bytes travel both ways until either side
 * closes, or the call would be refused. A job that declines answers like to any call.
 */
export function forwardUpgrade(deps: UpgradeDeps, exchange: Exchange, side: UpgradeSide): void {
  new UpgradeForwarding(deps, exchange, side).start();
}

/** The state of one upgrade, from its only attempt to its end. */
class UpgradeForwarding {
  readonly #deps: UpgradeDeps;
  readonly #exchange: Exchange;
  readonly #side: UpgradeSide;
  readonly #protocol: string;
  #instance: UpstreamInstance | undefined;
  #upstream: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether it is decided what the client gets. */
  #isSettled = false;
  /** Whether the socket is no longer the response's. */
  #isSwitched = false;
  #leaveTunnels: () => void = () => {};

  constructor(deps: UpgradeDeps, exchange: Exchange, side: UpgradeSide) {
    this.#deps = deps;
    this.#exchange = exchange;
    this.#side = side;
    this.#protocol = exchange.request.headers.upgrade ?? '';
  }

  start(): void {
    this.#side.socket.once('close', () => this.#guard(() => this.#finish()));
    this.#exchange.response.on('error', () => {});
    this.#guard(() => this.#attempt());
  }

  /** Every listener and timer of this upgrade runs in here. */
  #guard(step: () => void): void {
    guardExchange(this.#exchange, step, () => {
      this.#isSettled = true;
      clearTimeout(this.#timer);
      this.#upstream?.destroy();
      this.#exchange.tracked.countFailure('other');
      if (this.#isSwitched) this.#side.socket.destroy();
    });
  }

  #attempt(): void {
    const { call } = this.#exchange;
    const instance = this.#deps.loads.acquire(this.#deps.instancesOf(call.job), new Set());
    this.#instance = instance;
    if (instance === undefined) {
      this.#isSettled = true;
      failWithoutInstance(this.#deps, this.#exchange);
      return;
    }
    const upstream = openUpstream(this.#deps, this.#exchange, {
      instance,
      body: { kind: 'none' },
      isFresh: false,
      upgrade: this.#protocol,
    });
    this.#upstream = upstream;
    const context = this.#relayContext(instance);
    const early = holdEarlyBytes(this.#side.socket, this.#side.head);
    upstream.once('socket', (socket) => this.#guard(() => this.#onSocket(upstream, socket)));
    upstream.once('response', (answer) => this.#guard(() => this.#decline(answer, context, early)));
    upstream.once('upgrade', (answer, socket, head) => {
      this.#guard(() => this.#change(answer, { socket, head }, context, early));
    });
    upstream.on('error', (error) => this.#guard(() => this.#fail(error)));
    upstream.once('close', () => this.#guard(() => this.#fail(connectionLost())));
    upstream.end();
  }

  #onSocket(upstream: ClientRequest, socket: Socket): void {
    if (!socket.connecting) return;
    const { connectTimeoutMs } = this.#deps;
    this.#timer = setTimeout(() => {
      upstream.destroy(new UpstreamTimeoutError('connect', connectTimeoutMs));
    }, connectTimeoutMs);
    socket.once('connect', () => clearTimeout(this.#timer));
  }

  /** The job answers as if to any call. */
  #decline(answer: IncomingMessage, context: RelayContext, early: EarlyBytes): void {
    const { response, tracked } = this.#exchange;
    early.discard();
    response.shouldKeepAlive = false;
    try {
      relayResponse(answer, response, context, () => tracked.countFailure('broken'));
    } catch (error) {
      if (!(error instanceof BrokenAnswerError)) throw error;
      answer.destroy();
      this.#fail(error);
      return;
    }
    this.#isSettled = true;
    tracked.countResponse(answer.statusCode ?? 0);
  }

  #change(answer: IncomingMessage, job: Side, context: RelayContext, early: EarlyBytes): void {
    const { socket } = this.#side;
    // The request, which listened so far, lets go of its socket with this event.
    job.socket.on('error', () => job.socket.destroy());
    const { upgrade = '' } = answer.headers;
    if (this.#isSettled || socket.writableEnded || upgrade.toLowerCase() !== this.#protocol.toLowerCase()) {
      job.socket.destroy();
      this.#fail(new BrokenAnswerError(`it switches to "${upgrade}" instead of "${this.#protocol}"`));
      return;
    }
    this.#isSettled = true;
    this.#isSwitched = true;
    this.#exchange.tracked.countResponse(101);
    this.#side.detach();
    socket.write(renderSwitch(context, answer), 'latin1');
    join({ socket, head: early.take() }, job);
    this.#leaveTunnels = this.#deps.tunnels.add(() => this.#guard(() => this.#review(job.socket)));
  }

  /** Permissions go, tokens expire, versions are deleted. */
  #review(job: Duplex): void {
    const decision = this.#side.decideAgain();
    if (decision.kind !== 'refused') return;
    const { requestId } = this.#exchange;
    const { code, message } = decision.error;
    this.#deps.logger.info({ requestId, code, reason: message }, 'connection ended: it would be refused now');
    this.#leaveTunnels();
    part(this.#side.socket, job);
  }

  #fail(error: Error): void {
    clearTimeout(this.#timer);
    if (this.#isSettled) return;
    this.#isSettled = true;
    failExchange(this.#deps, this.#exchange, error);
  }

  /** Also when the client goes away in the middle: then the job's work is cancelled. */
  #finish(): void {
    clearTimeout(this.#timer);
    this.#leaveTunnels();
    this.#upstream?.destroy();
    if (!this.#isSettled) this.#exchange.tracked.countFailure('canceled');
    this.#isSettled = true;
    if (this.#instance !== undefined) this.#deps.loads.release(this.#instance);
    this.#exchange.tracked.end();
  }

  #relayContext(instance: UpstreamInstance): RelayContext {
    const { call } = this.#exchange;
    return {
      addresses: addressesOf(call, upstreamHostOf(instance.address, call.job.host)),
      tracing: { header: this.#deps.tracingHeader, id: this.#exchange.requestId },
      isDraining: this.#deps.isDraining(),
      guard: (step) => this.#guard(step),
    };
  }
}

function renderSwitch(context: RelayContext, answer: IncomingMessage): string {
  const headers = composeResponseHeaders({
    ...context,
    rawHeaders: answer.rawHeaders,
    status: 101,
    connection: answer.headers.connection,
    isChunked: false,
    upgrade: answer.headers.upgrade,
  });
  const lines = ['HTTP/1.1 101 Switching Protocols'];
  for (let index = 0; index + 1 < headers.length; index += 2) {
    lines.push(`${headers[index] ?? ''}: ${headers[index + 1] ?? ''}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}

interface Side {
  readonly socket: Duplex;
  readonly head: Buffer;
}

function join(client: Side, job: Side): void {
  carry(client, job.socket);
  carry(job, client.socket);
}

/** Copies one direction, and ends the other side when this one is gone. */
function carry(from: Side, to: Duplex): void {
  const { socket, head } = from;
  if (isSocket(socket)) socket.setTimeout(0);
  if (head.length > 0) to.write(head);
  socket.on('error', () => to.destroy());
  socket.once('end', () => destroyLater(to));
  socket.once('close', () => endSoon(to));
  socket.pipe(to);
}

/** Ends both sides after what is on its way: nothing is carried any more. */
function part(client: Duplex, job: Duplex): void {
  client.unpipe(job);
  job.unpipe(client);
  for (const socket of [client, job]) {
    if (socket.destroyed) continue;
    endSoon(socket);
    destroyLater(socket);
  }
}

function endSoon(socket: Duplex): void {
  if (isSocket(socket)) socket.destroySoon();
  else socket.end();
}

function destroyLater(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), HALF_CLOSED_MS);
  socket.once('close', () => clearTimeout(timer));
}

function isSocket(stream: Duplex): stream is Socket {
  return 'destroySoon' in stream;
}
