import { AUTH_HEADER } from '@racetrack-platform/contracts';
import { isErrorCode, PlatformError } from '@racetrack-platform/errors';
import { io as connect, type Socket } from 'socket.io-client';
import { z } from 'zod';
import type { Log } from '../output/log.ts';
import { mergeReplayedLines } from './merge-replayed-lines.ts';

/** As long as the original client waits for an acknowledgement. */
const ACK_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 20_000;
/** A server may be restarted meanwhile. */
const LOST_LIMIT_MS = 60_000;
/** Lines asked for after a reconnection, and remembered to tell what is new. */
const REPLAY_LINES = 200;
/** After this long without a line, a replay has been sent. */
const REPLAY_QUIET_MS = 300;
const RECONNECT_DELAY_MS = 500;
/** Our servers send the reason right after a refusal; servers of the original send none. */
const REASON_WAIT_MS = 1_000;

const refusalSchema = z.object({ error: z.string(), code: z.string().nullish(), hint: z.string().nullish() });

export interface FollowDeps {
  readonly log: Log;
  /** Gets each line without its line feed. */
  readonly print: (line: string) => void;
}

export interface FollowOptions {
  /** Resolved URL of lifecycle. */
  readonly url: string;
  readonly token: string;
  readonly name: string;
  /** Exact version. */
  readonly version: string;
  readonly tailLines: number;
  readonly signal: AbortSignal;
}

type Outcome = { readonly kind: 'stopped' } | { readonly kind: 'no-websocket' };

/**
 * Follows the log of a job until Ctrl-C; after a lost connection it subscribes again and goes on where it was.
 *
 * @throws {@link PlatformError} `SERVER_UNREACHABLE` when the server stays away for a minute, `JOB_NOT_FOUND` when it
 * does not accept the subscription.
 */
export async function followLogs(deps: FollowDeps, options: FollowOptions): Promise<void> {
  // The polling transport of the library follows redirects, to other hosts as well, so it never gets the token; servers
  // of the original, which have nothing but polling, ask for none.
  const outcome = await follow(deps, options, 'websocket');
  if (outcome.kind === 'no-websocket') await follow(deps, { ...options, token: '' }, 'polling');
}

async function follow(
  deps: FollowDeps,
  options: FollowOptions,
  transport: 'websocket' | 'polling',
): Promise<Outcome> {
  const { origin, pathname } = new URL(options.url);
  const socket = connect(origin, {
    path: `${pathname.replace(/\/+$/, '')}/socket.io`,
    transports: [transport],
    upgrade: false,
    timeout: CONNECT_TIMEOUT_MS,
    reconnectionDelay: RECONNECT_DELAY_MS,
    reconnectionDelayMax: RECONNECT_DELAY_MS * 4,
    autoConnect: false,
    ...(options.token === ''
      ? {}
      : { auth: { token: options.token }, extraHeaders: { [AUTH_HEADER]: options.token } }),
  });
  const lines = createLineMerger(deps.print);
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      watchConnection(socket, { deps, options, transport, lines, resolve, reject });
      socket.connect();
    });
  } finally {
    lines.flush();
    socket.removeAllListeners();
    socket.disconnect();
  }
}

interface Watch {
  readonly deps: FollowDeps;
  readonly options: FollowOptions;
  readonly transport: 'websocket' | 'polling';
  readonly lines: LineMerger;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

function watchConnection(socket: Socket, watch: Watch): void {
  const { deps, options, lines, resolve, reject } = watch;
  let wasConnected = false;
  let isRefused = false;
  let lostTimer: NodeJS.Timeout | undefined;

  options.signal.addEventListener('abort', () => resolve({ kind: 'stopped' }), { once: true });
  socket.on('connect', () => {
    clearTimeout(lostTimer);
    lostTimer = undefined;
    const tailLines = wasConnected ? REPLAY_LINES : options.tailLines;
    if (wasConnected) {
      lines.startReplay();
      deps.log.note('connected again');
    }
    wasConnected = true;
    subscribe(socket, options, tailLines).then(
      (isAccepted) => {
        if (isAccepted) return;
        isRefused = true;
        setTimeout(() => reject(explainRefusal(undefined, options)), REASON_WAIT_MS);
      },
      (error: unknown) => reject(error as Error),
    );
  });
  socket.on('logs_nextline', (message: unknown, acknowledge?: (value: boolean) => void) => {
    if (!isRefused) lines.add(lineOf(message));
    if (typeof acknowledge === 'function') acknowledge(true);
  });
  socket.on('logs_error', (message: unknown) => {
    isRefused = true;
    reject(explainRefusal(message, options));
  });
  socket.on('connect_error', (error) => {
    // An active socket tries again by itself; an inactive one was refused by the server's own answer.
    if (!socket.active) reject(refusal(error.message));
    else if (!wasConnected && watch.transport === 'websocket') resolve({ kind: 'no-websocket' });
    else if (!wasConnected) reject(unreachable(options.url, error.message));
  });
  socket.on('disconnect', (reason) => {
    if (options.signal.aborted || isRefused) return;
    deps.log.warn(`the log stream was cut off (${reason}), connecting again`);
    lostTimer ??= setTimeout(() => reject(unreachable(options.url, reason)), LOST_LIMIT_MS);
    // The library does not come back by itself when the server closed the socket on purpose.
    if (!socket.active) setTimeout(() => socket.connect(), RECONNECT_DELAY_MS);
  });
}

/** @returns whether the server accepted; also true when the connection broke meanwhile: the next one subscribes again. */
async function subscribe(socket: Socket, options: FollowOptions, tailLines: number): Promise<boolean> {
  const properties = { job_name: options.name, job_version: options.version, tail: String(tailLines) };
  try {
    const answer: unknown = await socket
      .timeout(ACK_TIMEOUT_MS)
      .emitWithAck('subscribe_for_logs', { resource_properties: properties });
    return answer !== null && answer !== undefined && answer !== false;
  } catch (cause) {
    if (!socket.connected) return true;
    throw new PlatformError('SERVER_UNREACHABLE', 'the server did not answer the subscription to the log', {
      cause,
    });
  }
}

interface LineMerger {
  add(line: string): void;
  startReplay(): void;
  flush(): void;
}

/** Prints lines; after a reconnection it first collects the replay and drops what was shown before. */
function createLineMerger(print: (line: string) => void): LineMerger {
  const shown: string[] = [];
  let replay: string[] | undefined;
  let timer: NodeJS.Timeout | undefined;

  function show(line: string): void {
    shown.push(line);
    if (shown.length > REPLAY_LINES) shown.shift();
    print(line);
  }

  function flush(): void {
    clearTimeout(timer);
    const lines = mergeReplayedLines(shown, replay ?? []);
    replay = undefined;
    for (const line of lines) show(line);
  }

  return {
    flush,
    startReplay() {
      flush();
      replay = [];
      timer = setTimeout(flush, REPLAY_QUIET_MS);
    },
    add(line) {
      if (replay === undefined) {
        show(line);
        return;
      }
      replay.push(line);
      clearTimeout(timer);
      if (replay.length >= REPLAY_LINES) flush();
      else timer = setTimeout(flush, REPLAY_QUIET_MS);
    },
  };
}

function lineOf(message: unknown): string {
  const line: unknown =
    typeof message === 'object' && message !== null && 'line' in message ? message.line : '';
  return typeof line === 'string' ? line.replace(/\r?\n$/, '') : '';
}

function explainRefusal(message: unknown, { name, version }: FollowOptions): PlatformError {
  const reason = refusalSchema.safeParse(message).data;
  const text = `the server refused to stream the log of ${name} ${version}`;
  return new PlatformError(
    isErrorCode(reason?.code) ? reason.code : 'JOB_NOT_FOUND',
    reason === undefined ? text : `${text}: ${reason.error}`,
    { hint: reason?.hint ?? 'See which jobs there are and you may read: racetrack list.' },
  );
}

function refusal(text: string): PlatformError {
  return new PlatformError('NOT_AUTHENTICATED', `the server refused the log stream: ${text}`, {
    hint: 'Log in again: racetrack login <token>.',
  });
}

function unreachable(url: string, reason: string): PlatformError {
  return new PlatformError('SERVER_UNREACHABLE', `Socket.IO connection error: ${reason} (${url})`, {
    hint: 'Try again, or read the log without --follow.',
  });
}
