import type { Server as HttpServer } from 'node:http';
import type { Logger } from 'pino';
import { Server, type Socket } from 'socket.io';
import { z } from 'zod';
import { PlatformError, toPlatformError } from '@racetrack-platform/errors';
import { findClientAddress, type ProxyTrust } from '@racetrack-platform/contracts';
import { isStoreOutage, STORE_AWAY } from '../store/store-outage.ts';
import {
  authorizeSubscription,
  findToken,
  type AuthorizeSubscriptionDeps,
  type ResolvedJob,
  type Subscriber,
} from './authorize-subscription.ts';
import { createRecentReads, type RecentReads } from './recent-reads.ts';
import { sendLines } from './send-lines.ts';

export interface LiveLogsDeps extends Omit<AuthorizeSubscriptionDeps, 'recentReads'> {
  readonly logger: Logger;
  /**
   * Lines of a job: the last `tail` of them, then new ones as they come. Ends when the job is gone.
   *
   * @param signal - stops it; whatever it throws then is of no interest.
   */
  readonly openLogs: (
    name: string,
    version: string,
    tail: number,
    signal: AbortSignal,
  ) => AsyncIterable<string>;
  /** Which peers may say who their clients are. @defaultValue none */
  readonly trustsProxy?: ProxyTrust;
  readonly now?: () => number;
  readonly limits?: Partial<LiveLogsLimits>;
  /** Called with the number of streams whenever it changes. */
  readonly onStreamCount?: (count: number) => void;
}

export interface LiveLogsLimits {
  /** Streams at a time, for all clients. */
  readonly streams: number;
  /** A client that does not acknowledge a line in time is let go. */
  readonly ackTimeoutMs: number;
  /** A connection that asks for nothing in time is let go. */
  readonly idleTimeoutMs: number;
  /** How often the permission of those with a token is checked again. */
  readonly recheckMs: number;
}

const DEFAULT_LIMITS: LiveLogsLimits = {
  streams: 200,
  ackTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  recheckMs: 30_000,
};

export interface LiveLogs {
  /** To be called when somebody has read this very job with permission, see {@link RecentReads}. */
  noteJobRead(address: string, name: string, version: string): void;
  /** Ends all streams and admits no more; the HTTP server itself is its owner's to close. */
  close(): Promise<void>;
}

const DEFAULT_TAIL = 20;
const MAX_TAIL = 10_000;

const PARTING_MS = 5_000;

const subscriptionSchema = z.object({
  resource_properties: z.object({
    job_name: z.string().max(200),
    job_version: z.string().max(200),
    tail: z.coerce.number().int().min(0).catch(DEFAULT_TAIL),
  }),
});

/**
 * Serves live logs over Socket.IO at `/lifecycle/socket.io`, by long polling and WebSocket.
 *
 * A client sends `subscribe_for_logs` and gets an identifier as acknowledgement, or `null` when it is refused; then
 * `logs_nextline` for every line, which it acknowledges. Refused clients also get `logs_error` (`error`, `code`,
 * `hint`) and, since original clients show nothing else, the reason as a line; then they are disconnected.
 *
 * @param server - that lifecycle listens with; attach before it does.
 */
export function attachLiveLogs(server: HttpServer, deps: LiveLogsDeps): LiveLogs {
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const recentReads = createRecentReads(deps.now);
  let isClosing = false;
  const io = new Server(server, {
    path: '/lifecycle/socket.io',
    cors: { origin: '*' },
    serveClient: false,
    pingInterval: 25_000,
    pingTimeout: 20_000,
    maxHttpBufferSize: 1_000_000,
    httpCompression: false,
    perMessageDeflate: false,
    allowRequest: (_request, decide) => decide(isClosing ? 'the server is stopping' : null, !isClosing),
  });
  const context: SessionContext = { ...deps, recentReads, limits, streams: new Set() };
  io.on('connection', (socket) => {
    startSession(context, socket);
  });
  return {
    noteJobRead: (address, name, version) => recentReads.note(address, name, version),
    async close() {
      isClosing = true;
      // Not `io.close()`: that would close the HTTP server as well.
      io.disconnectSockets(true);
      io.engine.close();
    },
  };
}

interface SessionContext
  extends
    AuthorizeSubscriptionDeps,
    Pick<LiveLogsDeps, 'logger' | 'openLogs' | 'onStreamCount' | 'trustsProxy'> {
  readonly recentReads: RecentReads;
  readonly limits: LiveLogsLimits;
  readonly streams: Set<string>;
}

/** One connection, which can have one stream. */
function startSession(context: SessionContext, socket: Socket): void {
  const stop = new AbortController();
  const idle = setTimeout(() => socket.disconnect(true), context.limits.idleTimeoutMs);
  let subscription: Promise<string | null> | undefined;
  socket.on('disconnect', () => {
    clearTimeout(idle);
    stop.abort();
  });
  socket.on('subscribe_for_logs', (payload: unknown, acknowledge: unknown) => {
    clearTimeout(idle);
    // A second request gets the identifier of the first.
    subscription ??= subscribe(context, socket, payload, stop.signal);
    void subscription.then((id) => {
      if (typeof acknowledge === 'function') acknowledge(id);
    });
  });
}

/** Never rejects: whatever goes wrong is told to the client. */
async function subscribe(
  context: SessionContext,
  socket: Socket,
  payload: unknown,
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const { name, version, tail } = parseSubscription(payload);
    if (context.streams.size >= context.limits.streams) {
      throw new PlatformError('SERVER_BUSY', 'too many live log streams', { hint: 'Try again later.' });
    }
    context.streams.add(socket.id);
    signal.addEventListener('abort', () => endStream(context, socket), { once: true });
    context.onStreamCount?.(context.streams.size);
    const job = await authorizeSubscription(context, describeSubscriber(socket, context.trustsProxy), {
      name,
      version,
    });
    // After the acknowledgement, which original clients wait for before they show lines.
    setImmediate(() => void stream(context, socket, { name, tail, ...job }, signal));
    return `${socket.id}_${name}_${job.version}`;
  } catch (error) {
    setImmediate(() => reject(context, socket, error));
    return null;
  }
}

function endStream(context: SessionContext, socket: Socket): void {
  context.streams.delete(socket.id);
  context.onStreamCount?.(context.streams.size);
}

async function stream(
  context: SessionContext,
  socket: Socket,
  job: ResolvedJob & { name: string; tail: number },
  signal: AbortSignal,
): Promise<void> {
  const recheck = setInterval(() => void checkAgain(context, socket, job), context.limits.recheckMs);
  try {
    if (signal.aborted) return;
    const lines = context.openLogs(job.name, job.version, job.tail, signal);
    await sendLines(socket, lines, { ackTimeoutMs: context.limits.ackTimeoutMs, signal });
    socket.disconnect(true);
  } catch (error) {
    if (!signal.aborted) reject(context, socket, error);
  } finally {
    clearInterval(recheck);
  }
}

/** A stream ends when its permission does. */
async function checkAgain(
  context: SessionContext,
  socket: Socket,
  job: ResolvedJob & { name: string },
): Promise<void> {
  const subscriber = describeSubscriber(socket, context.trustsProxy);
  if (findToken(subscriber) === undefined) return;
  try {
    await authorizeSubscription(context, subscriber, job);
  } catch (error) {
    reject(context, socket, error);
  }
}

function reject(context: SessionContext, socket: Socket, thrown: unknown): void {
  const error = isStoreOutage(thrown) ? STORE_AWAY : toPlatformError(thrown);
  const isBug = error.code === 'INTERNAL';
  if (isBug) context.logger.error({ err: thrown }, 'live log stream failed');
  const text = isBug ? 'Internal server error' : error.message;
  socket.emit('logs_error', { error: text, code: error.code, hint: error.hint ?? null });
  socket.emit('logs_nextline', {
    line: `racetrack: ${text}${error.hint === undefined ? '' : ` (${error.hint})`}`,
  });
  // A client that does not close the connection itself has a moment to read the reason.
  socket.disconnect();
  setTimeout(() => socket.conn.close(), PARTING_MS).unref();
}

function parseSubscription(payload: unknown): { name: string; version: string; tail: number } {
  const parsed = subscriptionSchema.safeParse(payload);
  if (!parsed.success)
    throw new PlatformError('REQUEST_INVALID', 'a subscription names job_name and job_version');
  const { job_name: name, job_version: version, tail } = parsed.data.resource_properties;
  return { name, version, tail: Math.min(tail, MAX_TAIL) };
}

function describeSubscriber(socket: Socket, trustsProxy?: ProxyTrust): Subscriber {
  const { headers, auth, address: peer } = socket.handshake;
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  const address = trustsProxy === undefined ? peer : findClientAddress(trustsProxy, peer, forwarded);
  return { headers, auth, address };
}
