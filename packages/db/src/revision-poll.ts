/** How soon a commit of another process is seen. */
const INTERVAL_MS = 1_000;

interface RevisionPollDeps {
  /** The revision the store is at. */
  readonly readRevision: () => Promise<number>;
  readonly onRevision: (revision: number) => void;
}

/**
 * Looks once a second which revision the store is at, so that a commit of another process is seen although nobody told
 * of it: of a command of the server beside a running platform, or one whose notification was lost.
 */
export class RevisionPoll {
  readonly #deps: RevisionPollDeps;
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(deps: RevisionPollDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), INTERVAL_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
  }

  /** Looks now. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      this.#deps.onRevision(await this.#deps.readRevision());
    } catch {
      // The store is away: its users are told, and we look again.
    } finally {
      this.#isLooking = false;
    }
  }
}
