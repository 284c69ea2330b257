/** How many calls run and wait at once; see the options of the wrapper. `Infinity`: unlimited. */
export interface Limits {
  readonly maxConcurrency: number;
  readonly maxQueue: number;
  readonly maxInflight: number;
}

/** Decides which calls run, wait, or are refused; first come, first served. */
export class Limiter<Call> {
  readonly #limits: Limits;
  readonly #waiting = new Set<Call>();
  #running = 0;
  /** Calls whose bodies are still arriving; counted only when calls in flight are limited. */
  #arriving = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Counts a call whose body is about to be read, so that bodies of calls without a place are not. A sentence refuses it. */
  expect(): string | undefined {
    const { maxInflight } = this.#limits;
    if (this.#running + this.#waiting.size + this.#arriving >= maxInflight) {
      return `too many requests in flight. Job is set to have at most ${maxInflight} requests running and waiting`;
    }
    this.#arriving += 1;
    return undefined;
  }

  /** Its body has been read, or never will be. */
  arrive(): void {
    this.#arriving -= 1;
  }

  /** Takes a place, or a place in the queue; a sentence when there is neither. */
  admit(call: Call): 'runs' | 'waits' | { readonly refusal: string } {
    const { maxConcurrency, maxQueue } = this.#limits;
    if (this.#running < maxConcurrency) {
      this.#running += 1;
      return 'runs';
    }
    if (this.#waiting.size >= maxQueue) {
      return {
        refusal: `too many requests waiting in a queue. Job is set to process ${maxConcurrency} requests concurrently with a queue of max size ${maxQueue}`,
      };
    }
    this.#waiting.add(call);
    return 'waits';
  }

  /** Gives a place back; answers the call that has it now. */
  release(): Call | undefined {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      return next;
    }
    this.#running -= 1;
    return undefined;
  }

  /** The one that has waited longest. */
  get oldest(): Call | undefined {
    for (const call of this.#waiting) return call;
    return undefined;
  }

  /** Whether the call was still waiting. */
  leave(call: Call): boolean {
    return this.#waiting.delete(call);
  }
}
