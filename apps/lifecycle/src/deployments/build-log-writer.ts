import { failpoint } from '@racetrack-platform/failpoints';

/** Pieces are gathered for so long before they are stored: live to the eye, cheap for the store. */
const FLUSH_INTERVAL_MS = 200;
/** Characters kept while the store is away; of more, the oldest go. */
const MAX_PENDING = 16_000_000;
const GAP = '(lines are missing here: the database was away)\n';

/** Gathers a build log's text and stores it in pieces, in order. What cannot be stored now is stored later. */
export class BuildLogWriter {
  readonly #append: (text: string) => Promise<void>;
  readonly #maxPending: number;
  #pending = '';
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  /**
   * @param append - stores one piece; it waits for a store that is away, and rejects only when waiting is no use.
   * @param maxPending - characters kept while a piece is being stored.
   */
  constructor(append: (text: string) => Promise<void>, maxPending = MAX_PENDING) {
    this.#append = append;
    this.#maxPending = maxPending;
  }

  write(text: string): void {
    this.#pending += text.endsWith('\n') ? text : `${text}\n`;
    if (this.#pending.length > this.#maxPending) {
      this.#pending = GAP + this.#pending.slice(-Math.floor(this.#maxPending / 2));
    }
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_INTERVAL_MS);
  }

  /** Resolves when all that was written so far is stored, or cannot be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing.then(async () => await this.#storePending());
    await this.#writing;
  }

  /** Takes what there is when its turn comes, not when it was asked: one piece then holds all of an outage. */
  async #storePending(): Promise<void> {
    const text = this.#pending;
    if (text === '') return;
    this.#pending = '';
    failpoint('before-build-log');
    // A piece that cannot be stored is lost, but it must not end the build.
    await this.#append(text).catch(() => undefined);
    failpoint('after-build-log');
  }
}
