import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import { FeedSession, type FeedSessionDeps } from './feed-session.ts';

/** How long a deployment or deletion waits for a pub to follow before it goes on without it. */
export const ACK_TIMEOUT_MS = 5_000;

export interface FeedServerDeps extends Omit<FeedSessionDeps, 'onAck'> {
  readonly logger: Logger;
  /** Path of the Unix socket. */
  readonly path: string;
}

/** The socket on which every pub follows this lifecycle (design section 2). */
export class FeedServer {
  readonly #deps: FeedServerDeps;
  readonly #sessions = new Set<FeedSession>();
  readonly #waiting = new Set<() => void>();
  readonly #ackListeners = new Set<() => void>();
  #server: Server | undefined;
  #unsubscribe: () => void = () => {};

  constructor(deps: FeedServerDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    await mkdir(dirname(this.#deps.path), { recursive: true, mode: 0o700 });
    await rm(this.#deps.path, { force: true });
    this.#server = createServer((socket) => {
      const session = new FeedSession({ ...this.#deps, onAck: () => this.#wakeWaiting() }, socket);
      this.#sessions.add(session);
      session
        .run()
        .catch((error: unknown) =>
          this.#deps.logger.error({ err: error }, 'the change feed to a pub broke off'),
        )
        .finally(() => {
          this.#sessions.delete(session);
          this.#wakeWaiting();
        });
    });
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#deps.path, resolve);
    });
    await chmod(this.#deps.path, 0o600);
    this.#unsubscribe = this.#deps.store.onFeedChanged(() => {
      for (const session of this.#sessions) session.notify();
    });
  }

  stop(): void {
    this.#unsubscribe();
    for (const session of this.#sessions) session.close();
    this.#server?.close();
  }

  get connectedCount(): number {
    return this.#sessions.size;
  }

  /** The revision that every connected pub routes by; infinite without any. */
  get acknowledged(): number {
    return Math.min(...[...this.#sessions].map((session) => session.acknowledged));
  }

  /** Calls back whenever a pub has acknowledged something, or is gone. Returns the way to stop. */
  onAck(listener: () => void): () => void {
    this.#ackListeners.add(listener);
    return () => this.#ackListeners.delete(listener);
  }

  /** Resolves when every connected pub routes by `revision`, or at the timeout. Answers whether all do. */
  async waitForAcks(revision: number, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    const deadline = Date.now() + timeoutMs;
    while (!this.#allAcknowledged(revision)) {
      const remainingMs = deadline - Date.now();
      if (remainingMs <= 0 || signal?.aborted) return false;
      await this.#nextAck(remainingMs);
    }
    return true;
  }

  /** Whether no connected pub can still have a call in flight to an instance taken off the route by `revision`. */
  isDrained(instanceId: string, revision: number): boolean {
    return [...this.#sessions].every(
      (session) => session.acknowledged >= revision && session.inFlight(instanceId) === 0,
    );
  }

  #allAcknowledged(revision: number): boolean {
    return this.acknowledged >= revision;
  }

  async #nextAck(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiting.add(done);
    });
  }

  #wakeWaiting(): void {
    for (const wake of this.#waiting) wake();
    for (const listener of this.#ackListeners) listener();
  }
}
