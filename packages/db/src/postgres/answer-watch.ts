import { Client, DatabaseError, type ClientBase, type ClientConfig } from 'pg';

/** So long a statement may go without an answer before the server is asked whether it is there at all. */
const PATIENCE_MS = 2_000;
/** A server that takes longer to greet a new connection counts as one that hangs. */
const GREETING_TIMEOUT_MS = 2_000;
const LOOK_INTERVAL_MS = 500;

/**
 * Notices a server that neither answers nor breaks off, such as one that is stopped, or behind a firewall that forgot
 * the connection. Waiting for the limits of single statements, everybody would stand still for half a minute. A server
 * that is only busy, or holds a lock, greets a new connection, and nothing happens.
 */
export class AnswerWatch {
  readonly #config: ClientConfig;
  /** Since when each connection has been waiting, by the clock of `performance`. */
  readonly #waiting = new Map<ClientBase & { end(): Promise<void> }, number>();
  #timer: NodeJS.Timeout | undefined;
  #isAsking = false;
  #hangs = false;

  /** @param config - for a connection that tries whether the server answers. */
  constructor(config: ClientConfig) {
    this.#config = { ...config, connectionTimeoutMillis: GREETING_TIMEOUT_MS };
  }

  /** @throws Error when the server is known to hang. */
  assertAnswers(): void {
    if (this.#hangs) throw new Error('it does not answer');
  }

  /** Waits for an answer; should the server hang, the connection is given up, and that is how `ask` fails. */
  async during<T>(client: ClientBase & { end(): Promise<void> }, ask: () => Promise<T>): Promise<T> {
    this.#waiting.set(client, performance.now());
    this.#timer ??= setInterval(() => void this.#look(), LOOK_INTERVAL_MS).unref();
    try {
      return await ask();
    } finally {
      this.#waiting.delete(client);
    }
  }

  /** Asks the server no more. */
  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#hangs = false;
  }

  async #look(): Promise<void> {
    const overdueSince = performance.now() - PATIENCE_MS;
    const overdue = [...this.#waiting].filter(([, since]) => since < overdueSince).map(([client]) => client);
    if (overdue.length === 0 && !this.#hangs) {
      // Nobody waits: the next one who does starts it again.
      if (this.#waiting.size === 0) this.stop();
      return;
    }
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#hangs = !(await this.#isGreeted());
    this.#isAsking = false;
    if (!this.#hangs) return;
    // With a statement on its way this cuts the connection off; it waits for nothing.
    for (const client of overdue) if (this.#waiting.has(client)) client.end().catch(() => undefined);
  }

  /** Whether the server has a word for a newcomer, be it one of refusal. */
  async #isGreeted(): Promise<boolean> {
    const client = new Client(this.#config);
    client.on('error', () => undefined);
    try {
      await client.connect();
      return true;
    } catch (error) {
      return error instanceof DatabaseError;
    } finally {
      client.end().catch(() => undefined);
    }
  }
}
