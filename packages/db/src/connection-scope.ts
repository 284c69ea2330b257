import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Knows whether code runs inside the work of a transaction. A query that asks for a connection of its own from in
 * there would wait for the one that its own transaction holds – the only one of SQLite, the last one of a pool, or a
 * lock – perhaps for ever; with this mark the driver can say so instead. Each store has its own.
 */
export class ConnectionScope {
  readonly #inside = new AsyncLocalStorage<true>();

  /** Runs the work of a transaction. */
  enter<T>(work: () => Promise<T>): Promise<T> {
    return this.#inside.run(true, work);
  }

  /** @throws Error when called from the work of a transaction. */
  assertOutside(): void {
    if (this.#inside.getStore() !== true) return;
    throw new Error('a query from inside a transaction has to go through the transaction');
  }
}
