/** Work that is done once for all who ask for it at the same time. It is broken off when nobody waits any more. */
export class SharedWork<T> {
  readonly #running = new Map<
    string,
    { readonly result: Promise<T>; waiting: number; abort: AbortController }
  >();

  /**
   * Waits for the work under a key, beginning it when it is not under way.
   *
   * @param work - gets a signal of its own, aborted when the last one has stopped waiting.
   * @throws what the work throws. The signal's reason when it is aborted.
   */
  async run(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const entry = this.#running.get(key) ?? this.#begin(key, work);
    entry.waiting += 1;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([entry.result, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      entry.waiting -= 1;
      if (entry.waiting === 0) {
        // Whoever comes now begins anew, not with what is being broken off.
        if (this.#running.get(key) === entry) this.#running.delete(key);
        entry.abort.abort(new DOMException('nobody waits for it any more', 'AbortError'));
      }
    }
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<T>) {
    const abort = new AbortController();
    const result = work(abort.signal);
    // Who waits hears of it; after the last one has left, nobody does.
    result.catch(() => {});
    const entry = { result, waiting: 0, abort };
    this.#running.set(key, entry);
    return entry;
  }
}
