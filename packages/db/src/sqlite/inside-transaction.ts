import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Set while the work of a transaction runs. A query that asks for a connection of its own from in there would wait for
 * the one that its own transaction holds, for ever; with this mark the driver can say so instead.
 */
export const insideTransaction = new AsyncLocalStorage<true>();
