import { PlatformError } from '@racetrack-platform/errors';

/** One user at a time, in order of arrival; who waits too long is turned away, so that a queue never grows for ever. */
export class SerialQueue {
  readonly #waiting: { admit: () => void }[] = [];
  readonly #maxWaitMs: number;
  #busy = false;

  constructor(maxWaitMs: number) {
    this.#maxWaitMs = maxWaitMs;
  }

  get isBusy(): boolean {
    return this.#busy;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** @throws PlatformError `STORE_UNAVAILABLE` when the turn did not come in time. */
  async enter(): Promise<void> {
    if (!this.#busy) {
      this.#busy = true;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const entry = {
        admit: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(overloaded());
      }, this.#maxWaitMs);
      this.#waiting.push(entry);
    });
  }

  leave(): void {
    const next = this.#waiting.shift();
    // The next user takes over without the flag ever falling, so that nobody can slip in between.
    if (next) next.admit();
    else this.#busy = false;
  }
}

function overloaded(): PlatformError {
  return new PlatformError(
    'STORE_UNAVAILABLE',
    'the store is busy: earlier requests are still waiting for it',
    {
      hint: 'Try again in a moment.',
    },
  );
}
