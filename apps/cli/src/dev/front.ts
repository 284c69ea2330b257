import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PlatformError } from '@racetrack-platform/errors';
import { answerError } from './answer-error.ts';
import { findRefusal } from './find-refusal.ts';
import { composeHeaders, forward } from './forward.ts';
import { callOtherJob, type OtherJobs } from './other-jobs.ts';

/** Further ports that are tried when the usual one is taken. */
const NEXT_PORTS = 50;
const HOST = '127.0.0.1';
/** Of calls while no job runs, which may be made again later. */
const UNAVAILABLE = 503;
/** Of calls that somebody else's page makes. */
const FORBIDDEN = 403;

/** Whom calls go to. */
export interface Upstream {
  readonly name: string;
  readonly socket: string;
}

/** The HTTP server in front of the job that runs here. */
export interface Front extends AsyncDisposable {
  readonly port: number;
  /** Such as `http://127.0.0.1:7000`. */
  readonly url: string;
  /** New calls go to this one from now on; undefined: they are answered with the reason. */
  use(upstream: Upstream | undefined, reason?: string): void;
  /** Resolves when no call to this socket is in progress, or after `timeoutMs`. */
  waitForCalls(socket: string, timeoutMs: number): Promise<void>;
}

export interface StartFrontOptions {
  readonly port: number;
  /** Whether the next free port will do. */
  readonly mayMove: boolean;
  readonly otherJobs: OtherJobs | undefined;
  /** What the job here sends with calls to others. */
  readonly localToken: string;
}

/**
 * Starts the front on this machine's own address; nobody else reaches it.
 *
 * @throws PlatformError `PORT_IN_USE`, naming the next free one.
 */
export async function startFront(options: StartFrontOptions): Promise<Front> {
  let upstream: Upstream | undefined;
  let whyNot = 'it is being started';
  const calls = new CallCounter();

  const server = createServer((incoming, outgoing) => {
    const refusal = findRefusal(incoming, incoming.socket.localPort ?? 0);
    if (refusal !== undefined) return answerError(incoming, outgoing, refusal, FORBIDDEN);
    const called = findCalledJob(incoming.url ?? '');
    const { otherJobs, localToken } = options;
    if (called !== undefined && upstream !== undefined && called !== upstream.name) {
      return void callOtherJob(incoming, outgoing, { server: otherJobs, localToken, name: called });
    }
    if (upstream === undefined) return answerError(incoming, outgoing, notRunning(whyNot), UNAVAILABLE);
    const { socket } = upstream;
    calls.begin(socket);
    outgoing.once('close', () => calls.end(socket));
    const target = {
      socketPath: socket,
      agent: false,
      path: incoming.url,
      headers: composeHeaders(incoming.headers),
    };
    forward(incoming, outgoing, request, target, (cause) => {
      if (!hasNobody(cause)) return answerError(incoming, outgoing, brokenOff(cause));
      return answerError(incoming, outgoing, notRunning('it has just ended'), UNAVAILABLE);
    });
  });
  server.on('upgrade', (incoming, caller, head) => {
    const refusal = findRefusal(incoming, incoming.socket.localPort ?? 0);
    if (refusal !== undefined) return answerUpgrade(caller, refusal);
    if (upstream === undefined) return void caller.destroy();
    passOn(incoming, caller, head, upstream.socket, calls);
  });
  // A call may take as long as it likes.
  server.requestTimeout = 0;
  const port = await listen(server, options.port, options.mayMove);
  return {
    port,
    url: `http://${HOST}:${port}`,
    use(next, reason = '') {
      upstream = next;
      whyNot = reason;
    },
    waitForCalls: async (socket, timeoutMs) => await calls.waitForNone(socket, timeoutMs),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      calls.forget();
    },
  };
}

/** The calls in progress, by socket. */
class CallCounter {
  readonly #counts = new Map<string, number>();
  #changed = Promise.withResolvers<void>();
  #isOver = false;

  begin(socket: string): void {
    this.#counts.set(socket, (this.#counts.get(socket) ?? 0) + 1);
  }

  end(socket: string): void {
    this.#counts.set(socket, (this.#counts.get(socket) ?? 1) - 1);
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  forget(): void {
    this.#isOver = true;
    this.#changed.resolve();
  }

  async waitForNone(socket: string, timeoutMs: number): Promise<void> {
    const late = new AbortController();
    const isLate = once(late.signal, 'abort');
    const timer = setTimeout(() => late.abort(), timeoutMs);
    while (!this.#isOver && !late.signal.aborted && (this.#counts.get(socket) ?? 0) > 0) {
      await Promise.race([this.#changed.promise, isLate]);
    }
    clearTimeout(timer);
    this.#counts.delete(socket);
  }
}

/** The job that an address below `/pub/job/` or its older form names. */
function findCalledJob(path: string): string | undefined {
  const [, name] = /^\/pub\/(?:job|fatman)\/([^/?#]+)/.exec(path) ?? [];
  return name;
}

/** Answers before a connection has become anything else. */
function answerUpgrade(caller: Duplex, { code, message, hint }: PlatformError): void {
  const body = JSON.stringify({ error: message, code, hint });
  const head = `HTTP/1.1 403 Forbidden\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
  caller.on('error', () => caller.destroy());
  caller.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}

function notRunning(reason: string): PlatformError {
  return new PlatformError('JOB_NOT_READY', `the job does not run: ${reason}`, {
    hint: 'Its terminal shows why; it is started again when a file is saved.',
  });
}

/** Whether nobody listens there any more, rather than that a call was broken off. */
function hasNobody(cause: NodeJS.ErrnoException): boolean {
  return cause.code === 'ECONNREFUSED' || cause.code === 'ENOENT';
}

function brokenOff(cause: Error): PlatformError {
  return new PlatformError('UPSTREAM_UNAVAILABLE', `the job broke the call off: ${cause.message}`, {
    hint: 'Its terminal shows what happened.',
    cause,
  });
}

/** Hands a connection that becomes something else, such as a WebSocket, to the job. */
function passOn(
  incoming: IncomingMessage,
  caller: Duplex,
  head: Buffer,
  socketPath: string,
  calls: Pick<CallCounter, 'begin' | 'end'>,
): void {
  const job: Socket = connect(socketPath);
  calls.begin(socketPath);
  job.once('close', () => calls.end(socketPath));
  const headers = {
    ...composeHeaders(incoming.headers),
    connection: 'Upgrade',
    upgrade: incoming.headers.upgrade,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  job.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${lines.join('')}\r\n`);
  job.write(head);
  caller.pipe(job).pipe(caller);
  for (const [one, other] of [
    [caller, job],
    [job, caller],
  ] as const) {
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroy());
  }
}

async function listen(server: Server, port: number, mayMove: boolean): Promise<number> {
  for (let candidate = port; candidate <= port + NEXT_PORTS; candidate += 1) {
    if (!(await tryListen(server, candidate))) continue;
    const bound = (server.address() as AddressInfo).port;
    if (port === 0 || bound === port || mayMove) return bound;
    server.close();
    throw new PlatformError('PORT_IN_USE', `port ${port} is taken`, {
      hint: `The next free one: --port ${bound}`,
    });
  }
  throw new PlatformError('PORT_IN_USE', `port ${port} and the ${NEXT_PORTS} after it are taken`, {
    hint: 'Name another one: --port 0 takes any that is free.',
  });
}

async function tryListen(server: Server, port: number): Promise<boolean> {
  try {
    server.listen(port, HOST);
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false;
    throw new PlatformError('PORT_IN_USE', `port ${port} cannot be used: ${String(error)}`, {
      hint: 'Name another one with --port.',
      cause: error,
    });
  }
}
